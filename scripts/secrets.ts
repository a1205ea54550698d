// npm run secrets [-- <file>]
// Makes .env from .env.example, if there is none yet, and puts a random secret wherever one is needed and none is given.
// Nothing is shown, and what has a value keeps it: to change a secret, empty its line and run this again.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ROOT } from './stack/folder.ts';

const SECRETS = [
  'LIVEKIT_API_SECRET',
  'AUTH_JWT_SECRET',
  'TURN_SECRET',
  'POSTGRES_PASSWORD',
  'REDIS_PASSWORD',
  'GRAFANA_PASSWORD',
];

/** Hexadecimal: no quotes, no `$`, and nothing that means something in a URL. */
function random(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** What the file lacks. A host app with a JWKS has no secret to share. */
function missing(given: NodeJS.Dict<string>): Map<string, string> {
  const names = SECRETS.filter((name) => name !== 'AUTH_JWT_SECRET' || !given.AUTH_JWKS_URL);
  const made = new Map(names.map((name) => [name, random(32)]));
  made.set('LIVEKIT_API_KEY', `API${random(8)}`);
  return new Map([...made].filter(([name]) => !given[name]));
}

function withValue(text: string, name: string, value: string): string {
  const line = new RegExp(`^${name}=.*$`, 'm');
  return line.test(text)
    ? text.replace(line, `${name}=${value}`)
    : `${text.trimEnd()}\n${name}=${value}\n`;
}

const file = process.argv[2] ?? join(ROOT, '.env');
const source = existsSync(file) ? file : join(ROOT, '.env.example');
const text = readFileSync(source, 'utf8');
const made = missing(parseEnv(text));
const complete = [...made].reduce((so, [name, value]) => withValue(so, name, value), text);

// At once or not at all, and for its owner alone from the first byte on.
const draft = `${file}.${process.pid}`;
writeFileSync(draft, complete, { mode: 0o600 });
renameSync(draft, file);
console.log(
  made.size > 0
    ? `Made ${[...made.keys()].join(', ')} in ${file}.`
    : `Nothing was missing in ${file}.`,
);
