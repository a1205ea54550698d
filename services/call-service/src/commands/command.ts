import { createHash } from 'node:crypto';
import type {
  Connection,
  Call as WireCall,
  Participant as WireParticipant,
} from '@ringline/contract';
import { type Call, isIn, isTerminal, participantOf } from '@ringline/domain';
import {
  type CommandRequest,
  type ConnectionIssuer,
  type EngineParts,
  type IdempotencyRequest,
  type Outcome,
  recall,
  runCommand,
  toWireCall,
  toWireParticipant,
} from '@ringline/engine';
import { type Answer, answered, type Refused } from '../answer.ts';
import { type Asker, isElsewhere, originOf, type UserAsker } from '../identity/asker.ts';
import type { UnansweredRings } from '../limits/unanswered-rings.ts';

/** What every command needs, whether it came by REST or by a socket. */
export interface CommandParts {
  engine: EngineParts;
  issueConnection: ConnectionIssuer;
  rings: UnansweredRings;
}

/** The key of a request that may be repeated; undefined where the asker gave none. */
export type IdempotencyKey = string | undefined;

function keyOwner({ person, scope, subject }: Asker): string {
  // No user id has a slash: an operator's keys are nobody else's.
  return person === null ? `${scope}/${subject}` : person.userId;
}

/** What a repeated request is recognized by: its key, and all that was asked. */
export function idempotencyOf(
  asker: Asker,
  key: IdempotencyKey,
  command: string,
  request: object,
  status = 200,
): IdempotencyRequest | undefined {
  if (key === undefined) return undefined;
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([command, request]))
    .digest('base64url');
  return { userId: keyOwner(asker), key, fingerprint, status };
}

/**
 * Why the asker must not ring these users now; null if they may. A repeated request rings nobody again, and is
 * answered as it was the first time.
 */
export async function refusalToRing(
  { engine, rings }: CommandParts,
  asker: UserAsker,
  userIds: readonly string[],
  idempotency: IdempotencyRequest | undefined,
): Promise<Refused | null> {
  const refusal = await rings.refusal(asker.person.userId, userIds);
  const repeats = refusal !== null && (await recall(engine, idempotency)) !== null;
  return repeats ? null : refusal;
}

/** Gives a command on a call, as the asker's act. `asked` is what an idempotency key stands for. */
export function command(
  parts: CommandParts,
  asker: Asker,
  callId: string,
  request: CommandRequest,
  key: IdempotencyKey = undefined,
  asked: object = {},
): Promise<Outcome> {
  const idempotency = idempotencyOf(asker, key, request.name, { callId, ...asked });
  return runCommand(
    parts.engine,
    callId,
    request,
    originOf(asker),
    idempotency === undefined ? {} : { idempotency },
  );
}

export function callAnswer(outcome: Outcome): Answer<{ call: WireCall }> {
  return outcome.refusal === null
    ? answered({ call: toWireCall(outcome.call) }, outcome.status)
    : { refusal: outcome.refusal };
}

export function participantAnswer(
  outcome: Outcome,
  userId: string,
): Answer<{ participant: WireParticipant }> {
  if (outcome.refusal !== null) return { refusal: outcome.refusal };
  const participant = participantOf(outcome.call, userId);
  if (participant === undefined) throw new Error('a command on one who is no participant was done');
  return answered({ participant: toWireParticipant(outcome.call, participant) }, outcome.status);
}

/**
 * A way into the media, for one who is in the call on this device. A repeated request is answered as it was
 * the first time, but nobody gets in with it who could not get in now.
 */
export async function connectionFor(
  { issueConnection }: CommandParts,
  asker: UserAsker,
  call: Call,
): Promise<{ connection?: Connection }> {
  const { userId, name } = asker.person;
  const participant = participantOf(call, userId);
  if (participant === undefined || !isIn(participant) || isTerminal(call)) return {};
  if (isElsewhere(asker, participant)) return {};
  return { connection: await issueConnection(call, userId, name ?? participant.name) };
}
