import type { Call as WireCall, Participant as WireParticipant } from '@ringline/contract';
import { findParticipant } from '@ringline/domain';
import {
  type CommandRequest,
  type Outcome,
  runCommand,
  toWireCall,
  toWireParticipant,
} from '@ringline/engine';
import { type Principal, toOrigin } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';
import type { ActParts } from './act.ts';
import { type IdempotencyKey, toIdempotency } from './idempotency.ts';

interface CallInput {
  callId: string;
  idempotencyKey?: IdempotencyKey;
}

/**
 * Runs a command on a call for the principal. Everything in the input but the key is part of the
 * fingerprint.
 */
export function command(
  { engine }: ActParts,
  principal: Principal,
  { callId, idempotencyKey, ...input }: CallInput,
  request: CommandRequest,
): Promise<Outcome> {
  const fingerprinted = { callId, ...input };
  const idempotency = toIdempotency(principal, idempotencyKey, request.name, fingerprinted);
  const attached = idempotency === undefined ? {} : { idempotency };
  return runCommand(engine, callId, request, toOrigin(principal), attached);
}

export function toCallResult(outcome: Outcome): Result<{ call: WireCall }> {
  return outcome.refusal === null
    ? ok({ call: toWireCall(outcome.call) }, outcome.status)
    : { refusal: outcome.refusal };
}

export function toParticipantResult(
  outcome: Outcome,
  userId: string,
): Result<{ participant: WireParticipant }> {
  if (outcome.refusal !== null) return { refusal: outcome.refusal };
  const participant = findParticipant(outcome.call, userId);
  if (participant === undefined) throw new Error('a command succeeded without its participant');
  return ok({ participant: toWireParticipant(outcome.call, participant) }, outcome.status);
}
