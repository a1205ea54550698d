import type { CallEvent } from '@ringline/contract';
import { type CallRow, type ParticipantRow, toCall } from '../rows.ts';
import type { StoredCall } from './call-invariants.ts';
import { type Bounds, IN_SCOPE } from './invariant.ts';
import type { Snapshot } from './snapshot.ts';

/** The number of calls in memory at a time, each with all its events. */
const PAGE = 500;

interface StoredRow {
  call: CallRow;
  participants: ParticipantRow[];
  events: CallEvent[] | null;
}

/** Unlike `load`, this tolerates calls without participants or events. */
const STORED_CALL = `
  row_to_json(calls) AS call,
  coalesce((
    SELECT json_agg(row_to_json(call_participants) ORDER BY position)
    FROM call_participants WHERE call_id = calls.id
  ), '[]') AS participants,
  CASE WHEN created_at > $2 THEN coalesce((
    SELECT json_agg(payload ORDER BY seq) FROM call_events WHERE call_id = calls.id
  ), '[]') END AS events`;

/** Reads the calls in scope page by page. */
export async function* storedCalls(
  { rows }: Snapshot,
  { since, eventsKeptSince }: Bounds,
): AsyncGenerator<StoredCall[]> {
  await rows(
    `DECLARE stored_calls NO SCROLL CURSOR FOR SELECT ${STORED_CALL} FROM calls WHERE ${IN_SCOPE}`,
    [since, eventsKeptSince],
  );
  for (;;) {
    const page = await rows<StoredRow>(`FETCH ${PAGE} FROM stored_calls`);
    if (page.length === 0) return;
    yield page.map(({ call, participants, events }) => ({
      call: toCall(call, participants),
      row: call,
      participants,
      events,
    }));
  }
}
