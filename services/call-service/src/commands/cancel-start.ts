import type { StartBody } from '@ringline/contract';
import { httpStatusOf } from '@ringline/contract';
import { type Call, isTerminal } from '@ringline/domain';
import { type IdempotencyRequest, recall } from '@ringline/engine';
import { type Answer, answered } from '../answer.ts';
import type { UserAsker } from '../identity/asker.ts';
import { type CommandParts, idempotencyOf } from './command.ts';
import { end, leave } from './getting-out.ts';

const cancelled = { code: 'INVALID_STATE', message: 'This start was cancelled.' } as const;

/** Takes the key before the start does: should that come later, out of a network that had held it back, it is refused. */
async function holdKey(
  { engine }: CommandParts,
  { userId, key, fingerprint }: IdempotencyRequest,
): Promise<boolean> {
  const status = httpStatusOf(cancelled.code);
  const answer = { userId, key, fingerprint, status, refusal: cancelled, merged: false };
  return (await engine.store.saveIdempotent(null, answer)) !== null;
}

async function getOut(parts: CommandParts, asker: UserAsker, call: Call): Promise<void> {
  const isTheirsToEnd = call.mode === 'direct' || call.answeredAt === null;
  await (isTheirsToEnd ? end : leave)(parts, asker, call.id);
}

/**
 * For a client whose start had no answer, and whose user was told that it failed: the call is ended, or left where others are
 * talking already; and if there is none, that start never begins one. Saying it again changes nothing.
 */
export async function cancelStart(
  parts: CommandParts,
  asker: UserAsker,
  body: StartBody,
  key: string,
): Promise<Answer<object>> {
  const idempotency = idempotencyOf(asker, key, 'start', body);
  if (idempotency === undefined) throw new Error('a start is cancelled by its key');
  for (;;) {
    const outcome = await recall(parts.engine, idempotency);
    if (outcome !== null) {
      if (outcome.refusal === null && !isTerminal(outcome.call)) {
        await getOut(parts, asker, outcome.call);
      }
      return answered({});
    }
    if (await holdKey(parts, idempotency)) return answered({});
  }
}
