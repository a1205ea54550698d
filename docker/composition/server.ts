import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ROOT } from '../../scripts/stack/folder.ts';

/**
 * A name for which Caddy signs the certificate itself: no public authority would for this machine.
 */
export const DOMAIN = 'calls.localhost';

/**
 * A server folder as an operator sets it up: the composition, and an .env with secrets and the
 * operator's values.
 */
export interface ServerFolder {
  readonly path: string;
  /** The values of .env. */
  readonly env: NodeJS.Dict<string>;
  /** This machine's address, in place of a public one. */
  readonly address: string;
  remove(): void;
}

export function setUpServer(corsOrigins: string): ServerFolder {
  const path = mkdtempSync(join(tmpdir(), 'ringline-composition-'));
  for (const name of ['docker-compose.yml', 'livekit.yaml', 'turnserver.conf', 'docker']) {
    cpSync(join(ROOT, name), join(path, name), { recursive: true });
  }
  const file = join(path, '.env');
  const address = ownAddress();
  const secrets = spawnSync(process.execPath, [join(ROOT, 'scripts', 'secrets.ts'), file]);
  if (secrets.status !== 0) throw new Error(String(secrets.stderr));
  const lines = { RINGLINE_DOMAIN: DOMAIN, PUBLIC_IP: address, CORS_ORIGINS: corsOrigins };
  const text = Object.entries(lines).reduce(
    (so, [name, value]) => so.replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`),
    readFileSync(file, 'utf8'),
  );
  writeFileSync(file, text);
  return {
    path,
    env: parseEnv(text),
    address,
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  const own = all.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (!own) throw new Error('This machine has no address but loopback');
  return own.address;
}
