import { createHash } from 'node:crypto';
import type { Logger } from '@ringline/platform';
import { DatabaseError } from 'pg';

/**
 * A prepared statement. Postgres plans it once on each connection, which costs more than running
 * it.
 */
export interface Statement {
  name: string;
  text: string;
}

/**
 * Names a statement. The name ends in a digest of the text, so that two releases that share the
 * connections of a pooler never run each other's statements.
 */
export function statement(name: string, text: string): Statement {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return { name: `ringline_${name}_${digest}`, text };
}

/** The connection has no statement of this name, or already has one. Nothing was executed. */
const LOST_STATES = ['26000', '42P05'];

/** Prepares statements, unless a pooler loses them. */
export interface PreparedStatements {
  toQuery(statement: Statement | string): { name?: string; text: string };
  /**
   * Whether the error means that a pooler lost prepared statements. From then on, statements have
   * no name, and the failed one can be retried.
   */
  areLostBy(error: unknown): boolean;
}

export function createPreparedStatements(logger: Logger): PreparedStatements {
  let lost = false;
  return {
    toQuery(given) {
      if (typeof given === 'string') return { text: given };
      return lost ? { text: given.text } : given;
    },
    areLostBy(error) {
      if (!(error instanceof DatabaseError && LOST_STATES.includes(error.code ?? ''))) return false;
      if (!lost) {
        logger.warn(
          'the pooler loses prepared statements, so Postgres plans every statement again: set max_prepared_statements',
        );
      }
      lost = true;
      return true;
    },
  };
}
