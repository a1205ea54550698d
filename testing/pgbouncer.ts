import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPgBouncer, pgBouncerProgram } from '../scripts/stack/pgbouncer.ts';
import { freePort } from './ports.ts';
import { provided, type Server, startServer } from './server.ts';

export interface PgBouncer extends Server {
  /** The database's URL, by way of PgBouncer. */
  readonly url: string;
}

/**
 * A PgBouncer in transaction mode before a database, with fewer connections than its clients have.
 */
export async function startPgBouncer(
  databaseUrl: string,
  { poolSize = 4 }: { poolSize?: number } = {},
): Promise<PgBouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'ringline-pgbouncer-'));
  const port = await freePort();
  const executable = provided('pgbouncer', findPgBouncer());
  const server = await startServer(
    pgBouncerProgram({ executable, port, folder, postgresUrl: databaseUrl, poolSize }),
  );
  return {
    ...server,
    url: Object.assign(new URL(databaseUrl), { port: String(port) }).href,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
