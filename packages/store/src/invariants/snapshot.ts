import type { Instant } from '@ringline/domain';
import { Client } from 'pg';
import { toInstant } from '../instants.ts';

/** The database as it was at one instant. */
export interface Snapshot {
  /** The database's time of the snapshot. */
  readonly now: Instant;
  rows<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

const CONNECT_MS = 5000;
const STATEMENT_MS = 60_000;

/** Ends the transaction of a process that was stopped. */
const IDLE_MS = 60_000;

/** Runs `work` in one read-only transaction on its own connection. */
export async function withSnapshot<Result>(
  databaseUrl: string,
  work: (snapshot: Snapshot) => Promise<Result>,
): Promise<Result> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'ringline check:invariants',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS + 1000,
  });
  let lost: Error | null = null;
  client.on('error', (error) => {
    lost ??= error;
  });
  const rows = async <Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> => {
    if (lost !== null) throw lost;
    return (await client.query(sql, [...parameters])).rows as Row[];
  };
  await client.connect();
  try {
    // SET LOCAL, since a pooler shares the connection.
    await rows(
      `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = ${STATEMENT_MS};
       SET LOCAL idle_in_transaction_session_timeout = ${IDLE_MS}`,
    );
    const [first] = await rows<{ now: string }>('SELECT to_json(ringline_now()) AS now');
    if (first === undefined) throw new Error('a SELECT without FROM returned no row');
    return await work({ now: toInstant(first.now), rows });
  } finally {
    await client.end();
  }
}
