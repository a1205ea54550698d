import type { Logger } from '@ringline/platform';
import { DatabaseError, Pool, type PoolClient } from 'pg';

/** Postgres cannot be reached, or cannot work now. Nothing is known of what was under way: ask again later. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';

  constructor(cause: unknown) {
    super('Postgres is not available', { cause });
  }
}

/** Runs one statement. Values only ever travel as parameters, never inside `sql`. */
export interface Queries {
  rows<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** Resolves to how many rows it wrote. */
  run(sql: string, parameters?: readonly unknown[]): Promise<number>;
}

export interface Database extends Queries {
  /** Commits if `keep` says so of the result (it does unless told otherwise), else leaves no trace. */
  transaction<Result>(
    work: (tx: Queries) => Promise<Result>,
    keep?: (result: Result) => boolean,
  ): Promise<Result>;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  poolSize: number;
  logger: Logger;
}

/** A process that stops in the middle of a transaction holds its calls no longer than this. */
const ABANDONED_TRANSACTION_MS = 30_000;
const CONNECT_MS = 3000;
const STATEMENT_MS = 10_000;

/** SQLSTATE classes: connection, authorization, no such database, insufficient resources, operator intervention. */
const UNAVAILABLE_CLASSES = ['08', '28', '3D', '53', '57'];
/** Read-only (a primary that is none any more), and a transaction that idled too long. */
const UNAVAILABLE_STATES = ['25006', '25P03'];

const isUnavailable = (error: unknown): boolean => {
  if (!(error instanceof DatabaseError)) return true;
  const { code = '' } = error;
  return UNAVAILABLE_CLASSES.includes(code.slice(0, 2)) || UNAVAILABLE_STATES.includes(code);
};

/** Each connection of Postgres keeps the plans of so many; what queries with filters may ask has no end. */
const MOST_NAMES = 200;

type NameOf = (sql: string) => string | undefined;

/** Names statements, so that each is planned once on each connection: to plan one costs more than to run it. */
const createNames = (): NameOf => {
  const names = new Map<string, string>();
  return (sql) => {
    if (!names.has(sql) && names.size < MOST_NAMES) names.set(sql, `ringline_${names.size}`);
    return names.get(sql);
  };
};

const queriesOf = (client: Pool | PoolClient, nameOf: NameOf): Queries => {
  const query = async (sql: string, parameters: readonly unknown[] = []) => {
    try {
      // What takes no values is BEGIN, COMMIT, or the like.
      const name = parameters.length === 0 ? undefined : nameOf(sql);
      return await client.query({
        text: sql,
        values: [...parameters],
        ...(name !== undefined && { name }),
      });
    } catch (error) {
      throw isUnavailable(error) ? new StoreUnavailable(error) : error;
    }
  };
  return {
    rows: async <Row>(sql: string, parameters?: readonly unknown[]) =>
      (await query(sql, parameters)).rows as Row[],
    run: async (sql, parameters) => (await query(sql, parameters)).rowCount ?? 0,
  };
};

const connect = async (pool: Pool): Promise<PoolClient> => {
  try {
    return await pool.connect();
  } catch (error) {
    throw new StoreUnavailable(error);
  }
};

/** Whether the connection is fit for others again. */
const rolledBack = async (tx: Queries): Promise<boolean> => {
  try {
    await tx.rows('ROLLBACK');
    return true;
  } catch {
    return false; // Whoever asked is told of the first error, of which this one is a consequence.
  }
};

export const openDatabase = ({ url, poolSize, logger }: DatabaseOptions): Database => {
  const nameOf = createNames();
  const pool = new Pool({
    connectionString: url,
    max: poolSize,
    application_name: 'ringline',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    // Beyond the server's own limit, for a server that is there but frozen.
    query_timeout: STATEMENT_MS + 1000,
    idle_in_transaction_session_timeout: ABANDONED_TRANSACTION_MS,
  });
  const noteLoss = (error: Error): void =>
    logger.warn('a connection to Postgres was lost', { error });
  pool.on('error', noteLoss);

  const transaction = async <Result>(
    work: (tx: Queries) => Promise<Result>,
    keep: (result: Result) => boolean = () => true,
  ): Promise<Result> => {
    const client = await connect(pool);
    // The pool listens only while a connection idles in it.
    client.on('error', noteLoss);
    const tx = queriesOf(client, nameOf);
    let fit = true;
    try {
      await tx.rows('BEGIN');
      const result = await work(tx);
      await tx.rows(keep(result) ? 'COMMIT' : 'ROLLBACK');
      return result;
    } catch (error) {
      fit = !(error instanceof StoreUnavailable) && (await rolledBack(tx));
      throw error;
    } finally {
      client.off('error', noteLoss);
      client.release(!fit);
    }
  };

  let closed: Promise<void> | undefined;
  return {
    ...queriesOf(pool, nameOf),
    transaction,
    close: () => {
      closed ??= pool.end();
      return closed;
    },
  };
};

/** Whether the error says that this constraint or unique index was violated. */
export const violates = (error: unknown, constraint: string): boolean =>
  error instanceof DatabaseError && error.constraint === constraint;

/** Whether a row had a key that is there already, in whichever partition. */
export const isDuplicate = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === '23505';

/** Whether a row had no partition to go to. */
export const lacksPartition = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === '23514' && error.constraint === undefined;

/** A deadlock or a serialization failure: done again, it may well succeed. */
export const isContention = (error: unknown): boolean =>
  error instanceof DatabaseError && (error.code === '40P01' || error.code === '40001');
