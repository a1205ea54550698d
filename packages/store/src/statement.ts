import { createHash } from 'node:crypto';
import type { Logger } from '@ringline/platform';
import { DatabaseError } from 'pg';

/** A statement that Postgres plans once on each connection: planning one costs more than running it. */
export interface Statement {
  name: string;
  text: string;
}

/**
 * Names a statement. The name ends in a digest of the text: two releases whose pooler hands them the same connection never
 * run each other's statement.
 */
export function statement(name: string, text: string): Statement {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return { name: `ringline_${name}_${digest}`, text };
}

/** There is no statement of this name on the connection, or there is one already. Nothing was executed. */
const LOST_STATES = ['26000', '42P05'];

/** Whether statements are prepared: not behind a pooler that loses them. */
export interface PreparedStatements {
  toQuery(statement: Statement | string): { name?: string; text: string };
  /**
   * Whether the error says that a pooler lost our statements. From then on statements have no name, and what failed can be
   * run again.
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
          'the pooler keeps no prepared statements, so Postgres plans every statement again: set max_prepared_statements',
        );
      }
      lost = true;
      return true;
    },
  };
}
