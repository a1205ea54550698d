import type { Call } from '@ringline/domain';
import { toIso } from './instants.ts';

/** Where a page of calls ended. Calls are listed newest first. */
type Position = readonly [createdAt: string, callId: string];

const POSITION = /^(\d{1,14})\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/**
 * Opaque to clients. A forged cursor is harmless, since it only says where the next page begins.
 */
function cursorAfter(call: Call): string {
  return Buffer.from(`${call.createdAt}.${call.id}`).toString('base64url');
}

/** Returns null for an invalid cursor. */
export function parseCursor(cursor: string): Position | null {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, createdAt, callId] = POSITION.exec(text) ?? [];
  if (createdAt === undefined || callId === undefined) return null;
  return [toIso(Number(createdAt)), callId];
}

/** The condition for rows after a position, which is one parameter: an array of two texts. */
export function afterPosition(createdAt: string, callId: string): string {
  return `(${createdAt}, ${callId}) < (($?::text[])[1]::timestamptz, ($?::text[])[2]::uuid)`;
}

/**
 * A filter of a list. `name` becomes part of the statement's name. `$?` in `sql` stands for
 * `value`.
 */
interface Filter {
  name: string;
  sql: string;
  value: unknown;
}

/**
 * Joins the filters that have a value. The others are left out, so that Postgres plans for the
 * actual filters. Each combination has its own name, so the number of prepared statements is
 * bounded.
 */
export function applyFilters(filters: readonly Filter[]): {
  name: string;
  sql: string;
  values: unknown[];
} {
  const given = filters.filter(({ value }) => value !== null && value !== undefined);
  const conditions = given.map(({ sql }, index) => sql.replaceAll('$?', `$${index + 1}`));
  return {
    name: given.map(({ name }) => name).join('_'),
    sql: ['true', ...conditions].join(' AND '),
    values: given.map(({ value }) => value),
  };
}

/** Removes the row beyond the page, which shows that there is a next page. */
export function toPage<Row>(
  rows: readonly Row[],
  limit: number,
  callOf: (row: Row) => Call,
): { page: Row[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { page, nextCursor: more ? cursorAfter(callOf(last)) : null };
}
