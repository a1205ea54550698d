import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@ringline/testing/ports';
import { startServer } from '@ringline/testing/server';

const ROOT = join(import.meta.dirname, '..');

export interface Coturn {
  readonly port: number;
  /** For TURN_URLS. */
  readonly url: string;
  /** For TURN_SECRET. */
  readonly secret: string;
  output(): string;
  stop(): Promise<void>;
}

/**
 * Starts coturn with our turnserver.conf, except for its port and addresses. Without a public
 * address, loopback takes its place.
 */
export async function startCoturn(publicIp: string, ...args: string[]): Promise<Coturn> {
  const folder = await mkdtemp(join(tmpdir(), 'ringline-coturn-'));
  const port = await freePort();
  const secret = randomBytes(32).toString('hex');
  const lines: string[] = [];
  const server = await startServer(
    {
      name: 'coturn',
      command: [
        ...(['/bin/sh', join(ROOT, 'docker', 'coturn.sh')] as const),
        ...[`--listening-port=${port}`, `--pidfile=${folder}/pid`, `--userdb=${folder}/turndb`],
        ...args,
      ],
      env: {
        TMPDIR: folder,
        TURN_CONFIG: join(ROOT, 'turnserver.conf'),
        TURN_REALM: 'calls.example.com',
        TURN_SECRET: secret,
        SERVER_IP: '127.0.0.1',
        PUBLIC_IP: publicIp,
      },
      ready: { line: 'SQLite DB connection success' },
    },
    (line) => lines.push(line),
  );
  return {
    port,
    secret,
    url: `turn:127.0.0.1:${port}?transport=udp`,
    output: () => lines.join('\n'),
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
