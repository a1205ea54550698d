// npm run secrets [-- <file>]
// Creates .env from .env.example if there is none, and fills in a random secret for each that is
// empty. It prints no secret and changes no value: to replace a secret, empty its line and run this
// again.
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

/** Hexadecimal, because it needs no quoting in .env, and no encoding in a URL. */
function makeSecret(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** New values for what the file lacks. A host app with a JWKS needs no shared secret. */
function makeMissing(given: NodeJS.Dict<string>): Map<string, string> {
  const names = SECRETS.filter((name) => name !== 'AUTH_JWT_SECRET' || !given.AUTH_JWKS_URL);
  const made = new Map(names.map((name) => [name, makeSecret(32)]));
  made.set('LIVEKIT_API_KEY', `API${makeSecret(8)}`);
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
const made = makeMissing(parseEnv(text));
const complete = [...made].reduce((so, [name, value]) => withValue(so, name, value), text);

// Written completely or not at all, and readable by its owner alone from the first byte on.
const draft = `${file}.${process.pid}`;
writeFileSync(draft, complete, { mode: 0o600 });
renameSync(draft, file);
console.log(
  made.size > 0
    ? `Made ${[...made.keys()].join(', ')} in ${file}.`
    : `Nothing was missing in ${file}.`,
);
