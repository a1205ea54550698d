import { type ActInput, getHttpStatus } from '@ringline/contract';
import { type Call, isTerminal } from '@ringline/domain';
import { type Engine, findIdempotent, type IdempotencyRequest } from '@ringline/engine';
import type { UserPrincipal } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';
import type { ActParts } from './act.ts';
import { end } from './end.ts';
import { toIdempotency } from './idempotency.ts';
import { leave } from './leave.ts';

const cancelled = { code: 'INVALID_STATE', message: 'This start was cancelled.' } as const;

/**
 * Takes the key, so that a start that arrives later is refused. Returns false if the key has a
 * result.
 */
async function takeKey(
  { store }: Engine,
  { userId, key, fingerprint }: IdempotencyRequest,
): Promise<boolean> {
  const status = getHttpStatus(cancelled.code);
  const result = { userId, key, fingerprint, status, refusal: cancelled, merged: false };
  return (await store.saveIdempotent(null, result)) !== null;
}

async function endOrLeave(parts: ActParts, principal: UserPrincipal, call: Call): Promise<void> {
  const mayEnd = call.mode === 'direct' || call.answeredAt === null;
  await (mayEnd ? end : leave)(parts, principal, { callId: call.id });
}

/**
 * For a client that got no response to a start and has reported the failure to its user. Ends the
 * call, or leaves it if it is an answered group. If there is no call, that start never creates one.
 * Idempotent.
 */
export async function cancelStart(
  parts: ActParts,
  principal: UserPrincipal,
  { idempotencyKey, ...body }: ActInput<'cancelStart'>,
): Promise<Result<object>> {
  const idempotency = toIdempotency(principal, idempotencyKey, 'start', body);
  if (idempotency === undefined) throw new Error('a start cannot be cancelled without its key');
  for (;;) {
    const outcome = await findIdempotent(parts.engine, idempotency);
    if (outcome !== null) {
      if (outcome.refusal === null && !isTerminal(outcome.call)) {
        await endOrLeave(parts, principal, outcome.call);
      }
      return ok({});
    }
    if (await takeKey(parts.engine, idempotency)) return ok({});
  }
}
