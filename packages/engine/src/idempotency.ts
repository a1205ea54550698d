import { getHttpStatus, isTransient } from '@ringline/contract';
import { callNotFound, type Refusal } from '@ringline/domain';
import { type NewIdempotentResult, PENDING_RESULT } from '@ringline/store';
import { hasMutes } from './effects.ts';
import type { Attached, Decided, Engine, IdempotencyRequest, Outcome } from './engine.ts';

/** What a decision stores under its key: its answer, or a placeholder while LiveKit can still change that answer. */
export function toIdempotentResult(
  { effects, refusal }: Pick<Decided, 'effects' | 'refusal'>,
  { idempotency }: Attached,
): NewIdempotentResult | null {
  if (idempotency === undefined) return null;
  const { userId, key, fingerprint, merged = false } = idempotency;
  if (hasMutes(effects)) return { userId, key, fingerprint, ...PENDING_RESULT };
  const status = refusal === null ? idempotency.status : getHttpStatus(refusal.code);
  return { userId, key, fingerprint, status, refusal, merged };
}

/**
 * The answer to a request that was decided before: its first status and refusal, with the call as it is
 * now. Null when the key is new, or its request has only been refused for the moment.
 */
export async function findIdempotent(
  parts: Pick<Engine, 'store'>,
  request: IdempotencyRequest | undefined,
): Promise<Outcome | null> {
  if (request === undefined) return null;
  const remembered = await parts.store.findIdempotent(request.userId, request.key);
  if (remembered === null) return null;
  if (remembered.fingerprint !== request.fingerprint) {
    return {
      refusal: {
        code: 'IDEMPOTENCY_KEY_REUSED',
        message: 'This idempotency key was used for another request.',
      },
      call: null,
    };
  }
  const loaded = remembered.callId === null ? null : await parts.store.load(remembered.callId);
  const call = loaded?.call ?? null;
  if (remembered.refusal !== null) return { refusal: remembered.refusal, call };
  if (call === null) return { refusal: callNotFound, call: null };
  return { refusal: null, call, status: remembered.status, merged: remembered.merged };
}

/**
 * The outcome of a repeat that is refused for the moment once more: it shares the failed call of the first attempt, so that
 * retries do not fill the history. Null for the first attempt, and for a refusal that lasts.
 */
export async function findFailedAttempt(
  parts: Pick<Engine, 'store'>,
  request: IdempotencyRequest | undefined,
  refusal: Refusal | null,
): Promise<Outcome | null> {
  if (request === undefined || refusal === null || !isTransient(refusal.code)) return null;
  const callId = await parts.store.findCallOfOpenRequest(request);
  const loaded = callId === null ? null : await parts.store.load(callId);
  return loaded === null ? null : { refusal, call: loaded.call };
}
