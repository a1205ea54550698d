import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from './executable.ts';
import type { Program } from './program.ts';
import { giveToUnprivileged, unprivileged } from './unprivileged.ts';

export function findPgBouncer(): string | undefined {
  return onPath('pgbouncer');
}

export interface PgBouncerOptions {
  readonly executable: string;
  readonly port: number;
  /** Holds its configuration. */
  readonly folder: string;
  /** The Postgres behind it, with the user and password that clients use as well. */
  readonly postgresUrl: string;
  /** How many connections to Postgres the clients of one database share. */
  readonly poolSize: number;
}

/** PgBouncer in transaction mode, otherwise with its defaults. */
export function pgBouncerProgram({
  executable,
  port,
  folder,
  postgresUrl,
  poolSize,
}: PgBouncerOptions): Program {
  const { hostname, port: postgresPort, username, password } = new URL(postgresUrl);
  const config = join(folder, 'pgbouncer.ini');
  const users = join(folder, 'users.txt');
  mkdirSync(folder, { recursive: true });
  writeFileSync(users, `"${username}" "${decodeURIComponent(password)}"\n`);
  writeFileSync(
    config,
    `[databases]
* = host=${hostname} port=${postgresPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${poolSize}
`,
  );
  chmodSync(folder, 0o700);
  giveToUnprivileged(folder);
  return {
    name: 'pgbouncer',
    command: unprivileged(folder, [executable, config]),
    ready: { line: 'process up' },
    stopSignal: 'SIGTERM', // SIGINT would wait for its clients
  };
}
