import type { CallEvent } from '@ringline/contract';
import type { Instant } from '@ringline/domain';
import type { Queries } from './database.ts';
import { instantOf } from './instants.ts';

/** One thing that happened to a call: what was decided, or what LiveKit reported. */
export type TimelineEntry =
  | {
      at: Instant;
      kind: 'event';
      event: CallEvent['event'];
      seq: number;
      payload: CallEvent;
      /** Who or what decided: 'user:ann', 'service', 'admin', 'livekit', 'deadline', 'reconciler'. */
      actor: string;
      requestId: string | null;
    }
  | {
      at: Instant;
      kind: 'report';
      /** LiveKit's name of it, such as 'participant_joined'. */
      event: string;
      id: string;
      userId: string | null;
      sid: string | null;
    };

/** The numbered events after this `seq`, as they were sent, in order. */
export const events = async (db: Queries, callId: string, after: number): Promise<CallEvent[]> => {
  const rows = await db.rows<{ payload: CallEvent }>(
    'SELECT payload FROM call_events WHERE call_id = $1 AND seq > $2 ORDER BY seq',
    [callId, after],
  );
  return rows.map(({ payload }) => payload);
};

type Timed<Entry> = Entry extends unknown ? Omit<Entry, 'at'> & { at: string } : never;

/** Everything that is known of how a call went. A report comes before what was decided at the same instant. */
export const timeline = async (db: Queries, callId: string): Promise<TimelineEntry[]> => {
  const rows = await db.rows<{ entry: Timed<TimelineEntry> }>(
    `SELECT json_build_object(
       'at', at, 'kind', 'event', 'event', event, 'seq', seq, 'payload', payload,
       'actor', actor, 'requestId', request_id
     ) AS entry, at, seq FROM call_events WHERE call_id = $1
     UNION ALL
     SELECT json_build_object(
       'at', at, 'kind', 'report', 'event', event, 'id', id, 'userId', user_id, 'sid', sid
     ), at, 0 FROM livekit_reports WHERE call_id = $1
     ORDER BY at, seq`,
    [callId],
  );
  return rows.map(({ entry }) => ({ ...entry, at: instantOf(entry.at) }));
};
