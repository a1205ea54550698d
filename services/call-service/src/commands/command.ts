import { createHash } from 'node:crypto';
import type {
  Connection,
  Call as WireCall,
  Participant as WireParticipant,
} from '@ringline/contract';
import { type Call, findParticipant, isInCall, isTerminal } from '@ringline/domain';
import {
  type CommandRequest,
  type ConnectionIssuer,
  type Engine,
  findIdempotent,
  type IdempotencyRequest,
  type Outcome,
  runCommand,
  toWireCall,
  toWireParticipant,
} from '@ringline/engine';
import type { QualityStore } from '@ringline/quality';
import {
  isOnAnotherDevice,
  type Principal,
  toOrigin,
  type UserPrincipal,
} from '../identity/principal.ts';
import type { UnansweredRings } from '../limits/unanswered-rings.ts';
import { ok, type Refusal, type Result } from '../result.ts';

/** What every command needs, whether it came by REST or by a socket. */
export interface CommandParts {
  engine: Engine;
  quality: QualityStore;
  issueConnection: ConnectionIssuer;
  rings: UnansweredRings;
}

/** The key of a request that may be repeated; undefined where the asker gave none. */
export type IdempotencyKey = string | undefined;

function keyOwner({ person, scope, subject }: Principal): string {
  // No user id has a slash: an operator's keys are nobody else's.
  return person === null ? `${scope}/${subject}` : person.userId;
}

/** A request may be repeated at a process of another release, so its digest keeps the words of 0.1. */
const DIGESTED_NAMES: ReadonlyMap<string, string> = new Map([
  ['acknowledge_ring', 'ring_ack'],
  ['force_end', 'admin_end'],
]);

/** What a repeated request is recognized by: its key, and all that was asked. */
export function toIdempotency(
  principal: Principal,
  key: IdempotencyKey,
  command: string,
  request: object,
  status = 200,
): IdempotencyRequest | undefined {
  if (key === undefined) return undefined;
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([DIGESTED_NAMES.get(command) ?? command, request]))
    .digest('base64url');
  return { userId: keyOwner(principal), key, fingerprint, status };
}

/**
 * Why the asker must not ring these users now; null if they may. A repeated request rings nobody again, and is
 * answered as it was the first time.
 */
export async function refusalToRing(
  { engine, rings }: CommandParts,
  principal: UserPrincipal,
  userIds: readonly string[],
  idempotency: IdempotencyRequest | undefined,
): Promise<Refusal | null> {
  const refusal = await rings.refusal(principal.person.userId, userIds);
  const repeats = refusal !== null && (await findIdempotent(engine, idempotency)) !== null;
  return repeats ? null : refusal;
}

/** Gives a command on a call, as the asker's act. `asked` is what an idempotency key stands for. */
export function command(
  parts: CommandParts,
  principal: Principal,
  callId: string,
  request: CommandRequest,
  key: IdempotencyKey = undefined,
  asked: object = {},
): Promise<Outcome> {
  const idempotency = toIdempotency(principal, key, request.name, { callId, ...asked });
  return runCommand(
    parts.engine,
    callId,
    request,
    toOrigin(principal),
    idempotency === undefined ? {} : { idempotency },
  );
}

export function callResult(outcome: Outcome): Result<{ call: WireCall }> {
  return outcome.refusal === null
    ? ok({ call: toWireCall(outcome.call) }, outcome.status)
    : { refusal: outcome.refusal };
}

export function participantResult(
  outcome: Outcome,
  userId: string,
): Result<{ participant: WireParticipant }> {
  if (outcome.refusal !== null) return { refusal: outcome.refusal };
  const participant = findParticipant(outcome.call, userId);
  if (participant === undefined) throw new Error('a command on one who is no participant was done');
  return ok({ participant: toWireParticipant(outcome.call, participant) }, outcome.status);
}

/**
 * A way into the media, for one who is in the call on this device. A repeated request is answered as it was
 * the first time, but nobody gets in with it who could not get in now.
 */
export async function connectionFor(
  { issueConnection }: CommandParts,
  principal: UserPrincipal,
  call: Call,
): Promise<{ connection?: Connection }> {
  const { userId, name } = principal.person;
  const participant = findParticipant(call, userId);
  if (participant === undefined || !isInCall(participant) || isTerminal(call)) return {};
  if (isOnAnotherDevice(principal, participant)) return {};
  return { connection: await issueConnection(call, userId, name ?? participant.name) };
}
