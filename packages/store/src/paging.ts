import type { Call } from '@ringline/domain';
import { toIso } from './instants.ts';

/** Where a page of calls ended: they are listed newest first. */
type Position = readonly [createdAt: string, callId: string];

const POSITION = /^(\d{1,14})\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** Opaque to those who get it, and harmless to forge: it only says from where on to list. */
function cursorAfter(call: Call): string {
  return Buffer.from(`${call.createdAt}.${call.id}`).toString('base64url');
}

/** null for what is no cursor of ours. */
export function parseCursor(cursor: string): Position | null {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, createdAt, callId] = POSITION.exec(text) ?? [];
  if (createdAt === undefined || callId === undefined) return null;
  return [toIso(Number(createdAt)), callId];
}

/** The condition of a page that begins after a position, given as two texts. */
export function afterPosition(createdAt: string, callId: string): string {
  return `(${createdAt}, ${callId}) < (($?::text[])[1]::timestamptz, ($?::text[])[2]::uuid)`;
}

/**
 * The conditions whose value was given, each with `$?` for it, joined by AND. Those that were not asked for
 * are left out rather than made true, so that Postgres plans for what is asked.
 */
export function conjunction(
  conditions: readonly (readonly [condition: string, value: unknown])[],
): { sql: string; values: unknown[] } {
  const asked = conditions.filter(([, value]) => value !== null && value !== undefined);
  const numbered = asked.map(([condition], index) => condition.replaceAll('$?', `$${index + 1}`));
  return { sql: ['true', ...numbered].join(' AND '), values: asked.map(([, value]) => value) };
}

/** Takes off the one row that was asked for beyond the page, which tells whether there is a next one. */
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
