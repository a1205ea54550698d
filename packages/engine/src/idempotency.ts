import { callNotFound } from '@ringline/domain';
import type { EngineParts, IdempotencyRequest, Outcome } from './engine.ts';

/**
 * The answer to a request that was decided before: its first status and refusal, with the call as it is
 * now. Null when the key is new.
 */
export const recall = async (
  parts: Pick<EngineParts, 'store'>,
  request: IdempotencyRequest | undefined,
): Promise<Outcome | null> => {
  if (request === undefined) return null;
  const remembered = await parts.store.recall(request.userId, request.key);
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
};
