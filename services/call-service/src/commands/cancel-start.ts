import type { StartBody } from '@ringline/contract';
import { getHttpStatus } from '@ringline/contract';
import { type Call, isTerminal } from '@ringline/domain';
import { findIdempotent, type IdempotencyRequest } from '@ringline/engine';
import type { UserPrincipal } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';
import { type CommandParts, toIdempotency } from './command.ts';
import { end, leave } from './getting-out.ts';

const cancelled = { code: 'INVALID_STATE', message: 'This start was cancelled.' } as const;

/** Takes the key before the start does: should that come later, out of a network that had held it back, it is refused. */
async function holdKey(
  { engine }: CommandParts,
  { userId, key, fingerprint }: IdempotencyRequest,
): Promise<boolean> {
  const status = getHttpStatus(cancelled.code);
  const answer = { userId, key, fingerprint, status, refusal: cancelled, merged: false };
  return (await engine.store.saveIdempotent(null, answer)) !== null;
}

async function getOut(parts: CommandParts, principal: UserPrincipal, call: Call): Promise<void> {
  const isTheirsToEnd = call.mode === 'direct' || call.answeredAt === null;
  await (isTheirsToEnd ? end : leave)(parts, principal, call.id);
}

/**
 * For a client whose start had no answer, and whose user was told that it failed: the call is ended, or left where others are
 * talking already; and if there is none, that start never begins one. Saying it again changes nothing.
 */
export async function cancelStart(
  parts: CommandParts,
  principal: UserPrincipal,
  body: StartBody,
  key: string,
): Promise<Result<object>> {
  const idempotency = toIdempotency(principal, key, 'start', body);
  if (idempotency === undefined) throw new Error('a start is cancelled by its key');
  for (;;) {
    const outcome = await findIdempotent(parts.engine, idempotency);
    if (outcome !== null) {
      if (outcome.refusal === null && !isTerminal(outcome.call)) {
        await getOut(parts, principal, outcome.call);
      }
      return ok({});
    }
    if (await holdKey(parts, idempotency)) return ok({});
  }
}
