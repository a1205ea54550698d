import type { CallEvent, TimelineEntry } from '@ringline/contract';
import type { Queries } from './database.ts';
import type { BadCursor } from './history.ts';
import { toInstant, toIso } from './instants.ts';
import { statement } from './statement.ts';

/** A call may have any number of events, so both functions read pages. */
const LONGEST_PAGE = 1000;

const LIST_EVENTS = statement(
  'list_events',
  'SELECT payload FROM call_events WHERE call_id = $1 AND seq > $2 ORDER BY seq LIMIT $3',
);

/** Lists the events after this `seq` in order, as they were sent. */
export async function listEvents(
  db: Queries,
  callId: string,
  after: number,
  limit = LONGEST_PAGE,
): Promise<CallEvent[]> {
  const rows = await db.rows<{ payload: CallEvent }>(LIST_EVENTS, [callId, after, limit]);
  return rows.map(({ payload }) => payload);
}

export interface TimelineQuery {
  limit?: number;
  cursor?: string | undefined;
}

export interface TimelinePage {
  entries: TimelineEntry[];
  nextCursor: string | null;
}

/** Where a page ended. Webhooks have the seq 0, and events an empty webhook id. */
type Position = readonly [at: string, seq: string, webhookId: string];

const BEGINNING: Position = ['-infinity', '0', ''];
const POSITION = /^(\d{1,14})\.(\d{1,10})\.(.*)$/s;

function parsePosition(cursor: string): Position | null {
  const [, at, seq, webhookId] = POSITION.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (at === undefined || seq === undefined || webhookId === undefined) return null;
  return webhookId.includes('\0') ? null : [toIso(Number(at)), seq, webhookId];
}

interface Row {
  entry: TimelineEntry;
  webhookId: string;
}

function cursorAfter({ entry, webhookId }: Row): string {
  const seq = entry.kind === 'event' ? entry.seq : 0;
  return Buffer.from(`${toInstant(entry.at)}.${seq}.${webhookId}`).toString('base64url');
}

const GET_TIMELINE = statement(
  'get_timeline',
  `SELECT entry, webhook_id AS "webhookId" FROM (
       SELECT json_build_object(
         'at', at, 'kind', 'event', 'event', event, 'seq', seq, 'payload', payload,
         'actor', actor, 'requestId', request_id
       ) AS entry, at, seq, '' AS webhook_id FROM call_events WHERE call_id = $1
       UNION ALL
       SELECT json_build_object(
         'at', at, 'kind', 'report', 'event', event, 'userId', user_id, 'sid', sid
       ), at, 0, id FROM livekit_reports WHERE call_id = $1
     ) AS entries
     WHERE (at, seq, webhook_id) > ($2::timestamptz, $3::bigint, $4::text)
     ORDER BY at, seq, webhook_id LIMIT $5`,
);

/**
 * Reads the events and webhooks of a call by time. A webhook comes before events of the same
 * instant.
 */
export async function getTimeline(
  db: Queries,
  callId: string,
  { limit = LONGEST_PAGE, cursor }: TimelineQuery = {},
): Promise<TimelinePage | BadCursor> {
  const position = cursor === undefined ? BEGINNING : parsePosition(cursor);
  if (position === null) return { badCursor: true };
  const rows = await db.rows<Row>(GET_TIMELINE, [callId, ...position, limit + 1]);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    entries: page.map(({ entry }) => ({ ...entry, at: toIso(toInstant(entry.at)) })),
    nextCursor: rows.length > limit && last !== undefined ? cursorAfter(last) : null,
  };
}
