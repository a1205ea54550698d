import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { STACK_FOLDER } from './folder.ts';

export type Environment = Readonly<Record<string, string>>;

/** For starting a process by hand: `node --env-file=.ringline/dev.env …`. */
const DEV_ENV_FILE = join(STACK_FOLDER, 'dev.env');

/** Reads the environment that the last start wrote; empty before the first. */
export function readDevEnv(): Environment {
  return existsSync(DEV_ENV_FILE)
    ? (parseEnv(readFileSync(DEV_ENV_FILE, 'utf8')) as Environment)
    : {};
}

/** Writes the environment for its owner alone, since it holds secrets. */
export function writeDevEnv(environment: Environment): void {
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}\n`);
  rmSync(DEV_ENV_FILE, { force: true }); // an existing file would keep its mode
  writeFileSync(DEV_ENV_FILE, lines.join(''), { mode: 0o600 });
}

function quoted(value: string): string {
  return /[\s#'"]/.test(value) ? `'${value}'` : value;
}

/**
 * The environment's secret, else the last start's, so that tokens stay valid after a restart, else
 * a new one.
 */
export function findOrMakeSecret(name: string): string {
  return process.env[name] ?? readDevEnv()[name] ?? randomBytes(32).toString('base64url');
}
