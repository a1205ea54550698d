import type { Instant } from '@ringline/domain';
import type { Queries } from './database.ts';
import { toIso } from './instants.ts';
import { statement } from './statement.ts';

/** A webhook of LiveKit, as the timeline of a call shows it. */
export interface LiveKitWebhook {
  /** LiveKit's id of the webhook. A repeated delivery has the same id. */
  id: string;
  event: string;
  userId: string | null;
  sid: string | null;
  at: Instant;
}

const SAVE = statement(
  'save_livekit_webhook',
  `INSERT INTO livekit_reports (id, call_id, event, user_id, sid, at)
   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING RETURNING id`,
);

/** False if the webhook was saved before. Waits for a transaction that saves the same webhook. */
export async function saveLiveKitWebhook(
  tx: Queries,
  callId: string,
  { id, event, userId, sid, at }: LiveKitWebhook,
): Promise<boolean> {
  const saved = await tx.rows(SAVE, [id, callId, event, userId, sid, toIso(at)]);
  return saved.length > 0;
}
