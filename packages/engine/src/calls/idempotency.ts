import { getHttpStatus, isTransient } from '@ringline/contract';
import { callNotFound, type Refusal } from '@ringline/domain';
import { type NewIdempotentResult, PENDING_RESULT } from '@ringline/store';
import type { Attached, Decided, Engine, IdempotencyRequest, Outcome } from '../engine.ts';
import { hasMutes } from './effects.ts';

/** The result to store under the key, or a placeholder if a mute can still change it. */
export function toIdempotentResult(
  { effects, refusal, merged = false }: Pick<Decided, 'effects' | 'refusal' | 'merged'>,
  { idempotency }: Attached,
): NewIdempotentResult | null {
  if (idempotency === undefined) return null;
  const { userId, key, fingerprint } = idempotency;
  if (hasMutes(effects)) return { userId, key, fingerprint, ...PENDING_RESULT };
  const success = merged ? 200 : idempotency.status;
  const status = refusal === null ? success : getHttpStatus(refusal.code);
  return { userId, key, fingerprint, status, refusal, merged };
}

/**
 * The result of an earlier request with this key: its status and refusal, with the current call.
 * Null if the key is new or its request is still open.
 */
export async function findIdempotent(
  { store }: Pick<Engine, 'store'>,
  request: IdempotencyRequest | undefined,
): Promise<Outcome | null> {
  if (request === undefined) return null;
  const known = await store.findIdempotent(request.userId, request.key);
  if (known === null) return null;
  if (known.fingerprint !== request.fingerprint) {
    return {
      refusal: {
        code: 'IDEMPOTENCY_KEY_REUSED',
        message: 'This idempotency key was used for another request.',
      },
      call: null,
    };
  }
  const loaded = known.callId === null ? null : await store.load(known.callId);
  const call = loaded?.call ?? null;
  if (known.refusal !== null) return { refusal: known.refusal, call };
  if (call === null) return { refusal: callNotFound, call: null };
  return { refusal: null, call, status: known.status, merged: known.merged };
}

/**
 * The failed call of the first attempt, if a repeat is refused transiently again. So retries do not
 * fill the history. Null for the first attempt and for a lasting refusal.
 */
export async function findFailedAttempt(
  { store }: Pick<Engine, 'store'>,
  request: IdempotencyRequest | undefined,
  refusal: Refusal | null,
): Promise<Outcome | null> {
  if (request === undefined || refusal === null || !isTransient(refusal.code)) return null;
  const callId = await store.findCallOfOpenRequest(request);
  const loaded = callId === null ? null : await store.load(callId);
  return loaded === null ? null : { refusal, call: loaded.call };
}
