import type { Instant } from '@ringline/domain';
import type { Queries } from './database.ts';
import { toIso } from './instants.ts';

/** A webhook of LiveKit's, as it stands in a call's timeline. */
export interface LiveKitWebhook {
  /** LiveKit's own id of the webhook: a repeated delivery has the same. */
  id: string;
  event: string;
  userId: string | null;
  sid: string | null;
  at: Instant;
}

/** False if the webhook was dealt with already. Waits for whoever is dealing with it. */
export async function saveLiveKitWebhook(
  tx: Queries,
  callId: string,
  { id, event, userId, sid, at }: LiveKitWebhook,
): Promise<boolean> {
  const remembered = await tx.rows(
    `INSERT INTO livekit_reports (id, call_id, event, user_id, sid, at)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING RETURNING id`,
    [id, callId, event, userId, sid, toIso(at)],
  );
  return remembered.length > 0;
}
