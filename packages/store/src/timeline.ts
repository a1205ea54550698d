import type { CallEvent, TimelineEntry } from '@ringline/contract';
import type { Queries } from './database.ts';
import { toInstant, toIso } from './instants.ts';

/** The numbered events after this `seq`, as they were sent, in order. */
export async function listEvents(db: Queries, callId: string, after: number): Promise<CallEvent[]> {
  const rows = await db.rows<{ payload: CallEvent }>(
    'SELECT payload FROM call_events WHERE call_id = $1 AND seq > $2 ORDER BY seq',
    [callId, after],
  );
  return rows.map(({ payload }) => payload);
}

/** Everything that is known of how a call went. A report comes before what was decided at the same instant. */
export async function getTimeline(db: Queries, callId: string): Promise<TimelineEntry[]> {
  const rows = await db.rows<{ entry: TimelineEntry }>(
    `SELECT json_build_object(
       'at', at, 'kind', 'event', 'event', event, 'seq', seq, 'payload', payload,
       'actor', actor, 'requestId', request_id
     ) AS entry, at, seq FROM call_events WHERE call_id = $1
     UNION ALL
     SELECT json_build_object(
       'at', at, 'kind', 'report', 'event', event, 'userId', user_id, 'sid', sid
     ), at, 0 FROM livekit_reports WHERE call_id = $1
     ORDER BY at, seq`,
    [callId],
  );
  return rows.map(({ entry }) => ({ ...entry, at: toIso(toInstant(entry.at)) }));
}
