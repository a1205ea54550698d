import { createHash } from 'node:crypto';
import type { Logger } from '@ringline/platform';
import { DatabaseError } from 'pg';

/** Each connection of Postgres keeps the plans of so many; what queries with filters may ask has no end. */
const MOST_NAMES = 200;
/** There is no statement of this name on the connection, or there is one already. Nothing was executed. */
const LOST_STATES = ['26000', '42P05'];

/** Names statements, so that each is planned once on each connection: to plan one costs more than to run it. */
export interface StatementNames {
  of(sql: string): string | undefined;
  /**
   * Whether the error says that a pooler gave us a connection without our statements. From then on no statement has a
   * name, so what failed can be done again.
   */
  areLostBy(error: unknown): boolean;
}

/** A name says which statement it is: two processes whose pooler gives them one connection never mean another one. */
function nameOf(sql: string): string {
  return `ringline_${createHash('sha256').update(sql).digest('hex').slice(0, 16)}`;
}

export function createStatementNames(logger: Logger): StatementNames {
  const names = new Map<string, string>();
  let lost = false;
  return {
    of(sql) {
      if (lost) return undefined;
      if (!names.has(sql) && names.size < MOST_NAMES) names.set(sql, nameOf(sql));
      return names.get(sql);
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
