import type { ActAnswer, ActInput, StartBody } from '@ringline/contract';
import { type StartRequest, startCall, toWireCall } from '@ringline/engine';
import { toOrigin, type UserPrincipal } from '../identity/principal.ts';
import { invalid, ok, type Result } from '../result.ts';
import type { ActParts } from './act.ts';
import { connectionFor } from './connection.ts';
import { toIdempotency } from './idempotency.ts';
import { refuseRings } from './ring-limit.ts';

function toStartRequest(
  { timeouts, maxParticipants }: ActParts['callLimits'],
  { person: initiator, deviceId }: UserPrincipal,
  body: StartBody,
): StartRequest {
  const { type, participantIds, conversationId = null, metadata = {} } = body;
  return {
    type,
    mode: body.mode ?? (participantIds.length === 1 ? 'direct' : 'group'),
    initiator,
    deviceId,
    participantIds,
    conversationId,
    metadata,
    maxParticipants,
    timings: {
      ringSeconds: body.ringTimeoutSeconds ?? timeouts.ringSeconds,
      connectSeconds: timeouts.connectSeconds,
      graceSeconds: timeouts.reconnectGraceSeconds,
      soloSeconds: timeouts.soloSeconds,
      maxSeconds: timeouts.maxCallSeconds,
    },
  };
}

/** Starts a call, or accepts the callee's call if both call each other. */
export async function start(
  parts: ActParts,
  principal: UserPrincipal,
  { idempotencyKey, ...body }: ActInput<'start'>,
): Promise<Result<ActAnswer<'start'>>> {
  const { engine, rings, callLimits } = parts;
  const { userId } = principal.person;
  const { participantIds } = body;
  if (participantIds.includes(userId)) return invalid('participantIds', 'names the caller');
  const idempotency = toIdempotency(principal, idempotencyKey, 'start', body, 201);
  const refusal = await refuseRings(parts, principal, participantIds, idempotency);
  if (refusal !== null) return { refusal };
  const request = toStartRequest(callLimits, principal, body);
  const outcome = await startCall(engine, request, toOrigin(principal), idempotency);
  if (outcome.refusal !== null) return { refusal: outcome.refusal };
  const { call, merged, status } = outcome;
  if (merged) await rings.answered(call, userId);
  else await rings.rang(call, userId, participantIds);
  const connection = await connectionFor(parts, principal, call);
  return ok({ call: toWireCall(call), ...connection, ...(merged && { merged: true }) }, status);
}
