import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from '@ringline/platform';
import { DatabaseError, Pool, type PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { createPreparedStatements, type PreparedStatements, type Statement } from './statement.ts';

/** Postgres cannot be reached, or cannot work now. Nothing is known of what was under way: ask again later. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';

  constructor(cause: unknown) {
    super('Postgres is not available', { cause });
  }
}

/** Runs one statement. Values only ever travel as parameters. A statement without a name is planned each time. */
export interface Queries {
  rows<Row>(statement: Statement | string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** Resolves to how many rows it wrote. */
  run(statement: Statement | string, parameters?: readonly unknown[]): Promise<number>;
}

/** Statements on one connection. */
export interface TransactionQueries extends Queries {
  /** Runs `COPY … FROM STDIN` in the text format. */
  copy(sql: string, lines: string): Promise<void>;
}

/** An open transaction on a connection of its own. It must be ended by `commit` or `rollback`, which are idempotent. */
export interface Transaction extends TransactionQueries {
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

export interface TransactionOptions<Result> {
  /** Whether this result is committed; otherwise the transaction leaves no trace. By default it is. */
  keep?: (result: Result) => boolean;
  /** Postgres ends a transaction that takes longer. By default five seconds. */
  timeoutMs?: number;
}

export interface Database extends Queries {
  /** Postgres ends a transaction that takes longer than `timeoutMs`. */
  begin(timeoutMs: number): Promise<Transaction>;
  /** Rejects with `StoreUnavailable` when it ran out of time; then nothing was written (see `ranOutOfTime`). */
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

/** A process that freezes in the middle of a transaction keeps its locks no longer than this. */
const IDLE_IN_TRANSACTION_MS = 1000;
/** Longer than a frozen process keeps a lock, so that whoever waits for that lock does not fail. */
export const TRANSACTION_MS = 5000;
const CONNECT_MS = 3000;
const STATEMENT_MS = 10_000;

/** SQLSTATE classes: connection, authorization, no such database, insufficient resources, operator intervention. */
const UNAVAILABLE_CLASSES = ['08', '28', '3D', '53', '57'];
/** A transaction idled too long, or took too long: Postgres rolled it back and ended the connection. */
const OUT_OF_TIME_STATES = ['25P03', '25P04'];
/** The first is read-only: a former primary. */
const UNAVAILABLE_STATES = ['25006', ...OUT_OF_TIME_STATES];

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return true;
  const { code = '' } = error;
  return UNAVAILABLE_CLASSES.includes(code.slice(0, 2)) || UNAVAILABLE_STATES.includes(code);
}

/** Whether Postgres ended the transaction because it took too long. It was rolled back; a smaller one may succeed. */
export function ranOutOfTime(error: unknown): error is StoreUnavailable {
  return (
    error instanceof StoreUnavailable &&
    error.cause instanceof DatabaseError &&
    OUT_OF_TIME_STATES.includes(error.cause.code ?? '')
  );
}

/** Why a connection was lost, if it was. */
type LossOf = () => Error | undefined;

/** A query on a lost connection only reports that the connection cannot be used. */
function throwUnavailable(error: unknown, lossOf: LossOf): never {
  if (!isUnavailable(error)) throw error;
  throw new StoreUnavailable(error instanceof DatabaseError ? error : (lossOf() ?? error));
}

function createQueries(
  client: Pool | PoolClient,
  prepared: PreparedStatements,
  lossOf: LossOf = () => undefined,
): Queries {
  const query = (statement: Statement | string, parameters: readonly unknown[] = []) =>
    client
      .query({ ...prepared.toQuery(statement), values: [...parameters] })
      .catch((error: unknown) => throwUnavailable(error, lossOf));
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
 * Poolers refuse `statement_timeout` at the start of a connection, and what is set later they carry over to others. It is
 * then left out: transactions have a limit of their own, and for the rest we wait no longer than `query_timeout`.
 */
function leaveOutTimeout(pool: Pool, logger: Logger): void {
  if (pool.options.statement_timeout === undefined) return;
  pool.options.statement_timeout = undefined;
  logger.info('a pooler refuses statement_timeout, which is left out');
}

/** One for each of what a pooler may lack, and the one that succeeds. */
const MOST_ATTEMPTS = 3;

/** Limits are set per transaction, in the same round trip, so that they hold behind a transaction pooler, too. */
function beginWithin(timeoutMs: number): string {
  return `BEGIN; SET LOCAL transaction_timeout = ${timeoutMs};
   SET LOCAL idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`;
}

/**
 * Listens for errors of every connection from its first moment to its last. The pool listens only to idle ones, and a
 * connection may be lost at the very moment it is handed out.
 */
function watchConnections(pool: Pool, logger: Logger): (client: PoolClient) => LossOf {
  const losses = new WeakMap<PoolClient, Error>();
  pool.on('connect', (client) => {
    client.on('error', (error) => {
      if (losses.has(client)) return; // A lost connection emits what Postgres said, then that it ended.
      losses.set(client, error);
      logger.warn('a connection to Postgres was lost', { error });
    });
  });
  // The pool repeats the errors of idle connections, which are logged by now.
  pool.on('error', () => undefined);
  return (client) => () => losses.get(client);
}

/** Connects when first asked something. */
export function openDatabase({ url, poolSize, logger }: DatabaseOptions): Database {
  const prepared = createPreparedStatements(logger);
  const pool = new Pool({
    connectionString: url,
    max: poolSize,
    application_name: 'ringline',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    // Beyond the server's own limit, for a server that is there but frozen.
    query_timeout: STATEMENT_MS + 1000,
  });
  const lossOf = watchConnections(pool, logger);

  const open = async (timeoutMs: number): Promise<Transaction> => {
    const client = await connect(pool);
    const queries = createQueries(client, prepared, lossOf(client));
    let ended = false;
    let lost = false;
    const noteLoss = (error: unknown): never => {
      lost ||= error instanceof StoreUnavailable;
      throw error;
    };
    const end = async (how: 'COMMIT' | 'ROLLBACK'): Promise<void> => {
      if (ended) return;
      ended = true;
      try {
        if (!lost) await queries.run(how).catch(noteLoss);
      } finally {
        client.release(lost);
      }
    };
    const transaction: Transaction = {
      rows: <Row>(statement: Statement | string, parameters?: readonly unknown[]) =>
        queries.rows<Row>(statement, parameters).catch(noteLoss),
      run: (statement, parameters) => queries.run(statement, parameters).catch(noteLoss),
      copy: (sql, lines) =>
        pipeline(Readable.from([lines]), client.query(copyFrom(sql)))
          .catch((error: unknown) => throwUnavailable(error, lossOf(client)))
          .catch(noteLoss),
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

  const transaction = async <Result>(
    work: (tx: TransactionQueries) => Promise<Result>,
    { keep = () => true, timeoutMs = TRANSACTION_MS }: TransactionOptions<Result> = {},
  ): Promise<Result> => {
    const tx = await open(timeoutMs);
    try {
      const result = await work(tx);
      if (keep(result)) await tx.commit();
      return result;
    } finally {
      await tx.rollback();
    }
  };

  /** Whether a pooler refused, and from now on we do without what it lacks. */
  const adaptsTo = (error: unknown): boolean => {
    if (!isStartupParameterRefused(error)) return prepared.areLostBy(error);
    leaveOutTimeout(pool, logger);
    return true;
  };

  /** Does again what was not done for want of something that a pooler lacks. */
  const adapting = async <Result>(attempt: () => Promise<Result>, tries = 1): Promise<Result> => {
    try {
      return await attempt();
    } catch (error) {
      if (tries === MOST_ATTEMPTS || !adaptsTo(error)) throw error;
      return adapting(attempt, tries + 1);
    }
  };

  const single = createQueries(pool, prepared);
  let closed: Promise<void> | undefined;
  return {
    rows: <Row>(statement: Statement | string, parameters?: readonly unknown[]) =>
      adapting(() => single.rows<Row>(statement, parameters)),
    run: (statement, parameters) => adapting(() => single.run(statement, parameters)),
    begin: (timeoutMs) => adapting(() => open(timeoutMs)),
    transaction: (work, options) => adapting(() => transaction(work, options)),
    close: () => {
      closed ??= pool.end();
      return closed;
    },
  };
}

/** Whether the error says that this constraint or unique index was violated. */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof DatabaseError && error.constraint === constraint;
}

/** Whether a row had no partition to go to. */
export function lacksPartition(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '23514' && error.constraint === undefined;
}

/** Whether a row with the same key exists. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '23505';
}

/** A deadlock or a serialization failure: done again, it may well succeed. */
export function isContention(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '40P01' || error.code === '40001');
}
