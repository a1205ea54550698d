import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from '@ringline/platform';
import { DatabaseError, Pool, type PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { isUnavailable, StoreUnavailable } from './database-errors.ts';
import { createPreparedStatements, type PreparedStatements, type Statement } from './statement.ts';

/** Runs one statement. A statement without a name is planned each time. */
export interface Queries {
  rows<Row>(statement: Statement | string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** Resolves to the number of rows that were written. */
  run(statement: Statement | string, parameters?: readonly unknown[]): Promise<number>;
}

/** Statements on one connection. */
export interface TransactionQueries extends Queries {
  /** Runs `COPY … FROM STDIN`. */
  copy(sql: string, lines: string): Promise<void>;
}

/**
 * An open transaction on its own connection. End it with `commit` or `rollback`, which are
 * idempotent.
 */
export interface Transaction extends TransactionQueries {
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

export interface TransactionOptions<Result> {
  /** Whether to commit after this result, instead of rolling back. By default always. */
  commitIf?: (result: Result) => boolean;
  /** Postgres rolls back a transaction that takes longer. By default five seconds. */
  timeoutMs?: number;
}

export interface Database extends Queries {
  /**
   * Opens a transaction and runs its first statements, which may be executed again. Postgres rolls
   * back a transaction that takes longer than `timeoutMs`.
   */
  begin<Result>(
    timeoutMs: number,
    work: (tx: TransactionQueries) => Promise<Result>,
  ): Promise<{ tx: Transaction; result: Result }>;
  /**
   * Rejects with `StoreUnavailable` after a timeout. Then nothing was written (see `ranOutOfTime`).
   */
  transaction<Result>(
    work: (tx: TransactionQueries) => Promise<Result>,
    options?: TransactionOptions<Result>,
  ): Promise<Result>;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  poolSize: number;
  logger: Logger;
}

/** A process that freezes during a transaction keeps its locks no longer than this. */
const IDLE_IN_TRANSACTION_MS = 1000;
/**
 * Longer than a frozen process keeps a lock, so that a transaction that waits for the lock
 * succeeds.
 */
export const TRANSACTION_MS = 5000;
const CONNECT_MS = 3000;
const STATEMENT_MS = 10_000;

/** Returns the error with which a connection was lost, if it was. */
type GetLoss = () => Error | undefined;

/** On a lost connection, the error of a query does not say why it was lost. */
function throwUnavailable(error: unknown, getLoss: GetLoss): never {
  if (!isUnavailable(error)) throw error;
  throw new StoreUnavailable(error instanceof DatabaseError ? error : (getLoss() ?? error));
}

function createQueries(
  client: Pool | PoolClient,
  prepared: PreparedStatements,
  getLoss: GetLoss = () => undefined,
): Queries {
  const query = (statement: Statement | string, parameters: readonly unknown[] = []) =>
    client
      .query({ ...prepared.toQuery(statement), values: [...parameters] })
      .catch((error: unknown) => throwUnavailable(error, getLoss));
  return {
    rows: async <Row>(statement: Statement | string, parameters?: readonly unknown[]) =>
      (await query(statement, parameters)).rows as Row[],
    run: async (statement, parameters) => (await query(statement, parameters)).rowCount ?? 0,
  };
}

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw new StoreUnavailable(error);
  }
}

function isStartupParameterRefused(error: unknown): boolean {
  return (
    error instanceof StoreUnavailable &&
    error.cause instanceof DatabaseError &&
    error.cause.message.includes('startup parameter')
  );
}

/**
 * Poolers refuse `statement_timeout` as a startup parameter, and a later SET would leak to other
 * clients, so the setting is omitted. Transactions have their own timeout, and `query_timeout`
 * limits everything else.
 */
function omitStatementTimeout(pool: Pool, logger: Logger): void {
  if (pool.options.statement_timeout === undefined) return;
  pool.options.statement_timeout = undefined;
  logger.info('a pooler refuses statement_timeout, so it is not set');
}

/** Two for the features that a pooler may lack, and one that succeeds. */
const MOST_ATTEMPTS = 3;

/** Sets the timeouts for the transaction only, since a pooler shares the connection. */
function beginWithin(timeoutMs: number): string {
  return `BEGIN; SET LOCAL transaction_timeout = ${timeoutMs};
   SET LOCAL idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`;
}

/**
 * Listens for errors of every connection. The pool listens to idle ones only, and a connection may
 * be lost while the pool hands it out.
 */
function watchConnections(pool: Pool, logger: Logger): (client: PoolClient) => GetLoss {
  const losses = new WeakMap<PoolClient, Error>();
  pool.on('connect', (client) => {
    client.on('error', (error) => {
      if (losses.has(client)) return; // A lost connection emits a second error when it ends.
      losses.set(client, error);
      logger.warn('a connection to Postgres was lost', { error });
    });
  });
  // The pool repeats errors of idle connections, which are logged above.
  pool.on('error', () => undefined);
  return (client) => () => losses.get(client);
}

/** Connects on the first query. */
export function openDatabase({ url, poolSize, logger }: DatabaseOptions): Database {
  const prepared = createPreparedStatements(logger);
  const pool = new Pool({
    connectionString: url,
    max: poolSize,
    application_name: 'ringline',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    // Later than the server's own timeout, for a frozen server.
    query_timeout: STATEMENT_MS + 1000,
  });
  const getLossOf = watchConnections(pool, logger);

  const open = async (timeoutMs: number): Promise<Transaction> => {
    const client = await connect(pool);
    const queries = createQueries(client, prepared, getLossOf(client));
    let ended = false;
    let lost = false;
    const rememberLoss = (error: unknown): never => {
      lost ||= error instanceof StoreUnavailable;
      throw error;
    };
    const end = async (how: 'COMMIT' | 'ROLLBACK'): Promise<void> => {
      if (ended) return;
      ended = true;
      try {
        if (!lost) await queries.run(how).catch(rememberLoss);
      } finally {
        client.release(lost);
      }
    };
    const transaction: Transaction = {
      rows: <Row>(statement: Statement | string, parameters?: readonly unknown[]) =>
        queries.rows<Row>(statement, parameters).catch(rememberLoss),
      run: (statement, parameters) => queries.run(statement, parameters).catch(rememberLoss),
      copy: (sql, lines) =>
        pipeline(Readable.from([lines]), client.query(copyFrom(sql)))
          .catch((error: unknown) => throwUnavailable(error, getLossOf(client)))
          .catch(rememberLoss),
      commit: () => end('COMMIT'),
      // It fails only on a lost connection, where Postgres rolls back by itself.
      rollback: () => end('ROLLBACK').catch(() => undefined),
    };
    try {
      await transaction.run(beginWithin(timeoutMs));
      return transaction;
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
  };

  const begin: Database['begin'] = async (timeoutMs, work) => {
    const tx = await open(timeoutMs);
    try {
      return { tx, result: await work(tx) };
    } catch (error) {
      await tx.rollback();
      throw error;
    }
  };

  const transaction = async <Result>(
    work: (tx: TransactionQueries) => Promise<Result>,
    { commitIf = () => true, timeoutMs = TRANSACTION_MS }: TransactionOptions<Result> = {},
  ): Promise<Result> => {
    const tx = await open(timeoutMs);
    try {
      const result = await work(tx);
      if (commitIf(result)) await tx.commit();
      return result;
    } finally {
      await tx.rollback();
    }
  };

  /** Whether a pooler lacks a feature. If so, the database does without it from now on. */
  const adaptToPooler = (error: unknown): boolean => {
    if (!isStartupParameterRefused(error)) return prepared.areLostBy(error);
    omitStatementTimeout(pool, logger);
    return true;
  };

  /** Retries if nothing was executed because a pooler lacks a feature. */
  const withRetry = async <Result>(attempt: () => Promise<Result>, tries = 1): Promise<Result> => {
    try {
      return await attempt();
    } catch (error) {
      if (tries === MOST_ATTEMPTS || !adaptToPooler(error)) throw error;
      return withRetry(attempt, tries + 1);
    }
  };

  const single = createQueries(pool, prepared);
  let closed: Promise<void> | undefined;
  return {
    rows: <Row>(statement: Statement | string, parameters?: readonly unknown[]) =>
      withRetry(() => single.rows<Row>(statement, parameters)),
    run: (statement, parameters) => withRetry(() => single.run(statement, parameters)),
    begin: (timeoutMs, work) => withRetry(() => begin(timeoutMs, work)),
    transaction: (work, options) => withRetry(() => transaction(work, options)),
    close: () => {
      closed ??= pool.end();
      return closed;
    },
  };
}
