import { DatabaseError } from 'pg';

/**
 * Postgres cannot be reached or cannot work at the moment. Running statements may or may not have
 * been executed.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';

  constructor(cause: unknown) {
    super('Postgres is not available', { cause });
  }
}

/**
 * SQLSTATE classes: connection, authorization, no such database, insufficient resources, operator
 * intervention.
 */
const UNAVAILABLE_CLASSES = ['08', '28', '3D', '53', '57'];
/** A transaction was idle or ran for too long. Postgres rolled it back and ended the connection. */
const OUT_OF_TIME_STATES = ['25P03', '25P04'];
/** 25006 (read-only transaction) comes from a former primary. */
const UNAVAILABLE_STATES = ['25006', ...OUT_OF_TIME_STATES];

/** Whether Postgres or the connection failed, and not the statement. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return true;
  const { code = '' } = error;
  return UNAVAILABLE_CLASSES.includes(code.slice(0, 2)) || UNAVAILABLE_STATES.includes(code);
}

/**
 * Whether Postgres rolled back the transaction because it took too long. A smaller one may succeed.
 */
export function ranOutOfTime(error: unknown): error is StoreUnavailable {
  return (
    error instanceof StoreUnavailable &&
    error.cause instanceof DatabaseError &&
    OUT_OF_TIME_STATES.includes(error.cause.code ?? '')
  );
}

/** Whether the error says that this constraint or unique index was violated. */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof DatabaseError && error.constraint === constraint;
}

/** Whether the table has no partition for a row. */
export function lacksPartition(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '23514' && error.constraint === undefined;
}

/** Whether a row with the same key exists. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '23505';
}

/** Whether it was a deadlock or a serialization failure, after which a retry may succeed. */
export function isContention(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '40P01' || error.code === '40001');
}
