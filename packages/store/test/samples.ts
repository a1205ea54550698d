import { randomUUID } from 'node:crypto';
import type { LiveKitWebhook, NewIdempotentResult } from '@ringline/store';

/** Ids of two users who are in no other call. */
export function createUserIds(): [string, string] {
  const suffix = randomUUID().slice(0, 8);
  return [`ann-${suffix}`, `bob-${suffix}`];
}

export function idempotentResult(
  userId: string,
  more: Partial<NewIdempotentResult> = {},
): NewIdempotentResult {
  return {
    userId,
    key: 'key-1',
    fingerprint: 'POST /calls/start {}',
    status: 201,
    refusal: null,
    merged: false,
    ...more,
  };
}

export function livekitWebhook(): LiveKitWebhook {
  return {
    id: `EV_${randomUUID()}`,
    event: 'participant_joined',
    userId: 'ann',
    sid: 'PA_1',
    at: 1_795_000_000_000,
  };
}
