import type { Notices } from '@ringline/contract';
import { isInCall } from '@ringline/domain';
import type { OutboxEntry, Queries } from '@ringline/store';
import { fillOutbox, loadMany, statement } from '@ringline/store/sql';
import { lastChange, type Trend } from './trend.ts';
import type { QualityChange, StreamKey } from './trends.ts';

const EVENT = 'call:quality_changed';

function toNotice({ mos, ...change }: QualityChange): Notices[typeof EVENT] {
  return { ...change, mos: Math.round(mos * 100) / 100 };
}

/**
 * Fills the outbox for everyone in the call; changes of participants who are no longer in it are
 * dropped.
 */
export async function addNotices(
  tx: Queries,
  changes: readonly QualityChange[],
): Promise<OutboxEntry[]> {
  if (changes.length === 0) return [];
  const loaded = await loadMany(tx, [...new Set(changes.map(({ callId }) => callId))]);
  return fillOutbox(
    tx,
    loaded.map(({ call }) => {
      const to = call.participants.filter(isInCall).map(({ userId }) => userId);
      const messages = changes
        .filter(({ callId, userId }) => callId === call.id && to.includes(userId))
        .map((change) => ({ event: EVENT, payload: toNotice(change), to }));
      return { callId: call.id, messages };
    }),
  );
}

/** The last published quality of a stream. */
export interface StreamQuality {
  notice: Notices[typeof EVENT];
  /** The device that reports the stream; null if it named none. */
  deviceId: string | null;
}

const LIST_CHANGED = statement(
  'list_changed_streams',
  `SELECT call_id AS "callId", user_id AS "userId", direction, trend FROM call_quality_trends
   WHERE call_id = ANY ($1) AND trend -> 'mos' <> 'null' ORDER BY call_id, user_id, direction`,
);

/** The last notices of these calls, for devices that were offline or missed them. */
export async function listStreamQualities(
  db: Queries,
  callIds: readonly string[],
): Promise<StreamQuality[]> {
  const streams = await db.rows<StreamKey & { trend: Trend }>(LIST_CHANGED, [callIds]);
  return streams.flatMap(({ trend, ...stream }) => {
    const change = lastChange(trend);
    if (change === null) return [];
    return [{ notice: toNotice({ ...stream, ...change }), deviceId: trend.deviceId }];
  });
}
