import type { Call, Connection, StartBody } from '@ringline/contract';
import { startCall, toWireCall } from '@ringline/engine';
import type { CallServiceConfig } from '@ringline/platform';
import { toOrigin, type UserPrincipal } from '../identity/principal.ts';
import { invalid, ok, type Result } from '../result.ts';
import {
  type CommandParts,
  connectionFor,
  type IdempotencyKey,
  refusalToRing,
  toIdempotency,
} from './command.ts';

export interface CallLimits {
  timeouts: CallServiceConfig['timeouts'];
  maxParticipants: number;
}

function toTimings({ timeouts }: CallLimits, ringSeconds: number | undefined) {
  return {
    ringSeconds: ringSeconds ?? timeouts.ringSeconds,
    connectSeconds: timeouts.connectSeconds,
    graceSeconds: timeouts.reconnectGraceSeconds,
    soloSeconds: timeouts.soloSeconds,
    maxSeconds: timeouts.maxCallSeconds,
  };
}

export function createStart(parts: CommandParts, limits: CallLimits) {
  return async (
    principal: UserPrincipal,
    body: StartBody,
    key: IdempotencyKey,
  ): Promise<Result<{ call: Call; connection?: Connection; merged?: true }>> => {
    const { type, participantIds, conversationId = null, metadata = {} } = body;
    if (participantIds.includes(principal.person.userId)) {
      return invalid('participantIds', 'names the one who calls');
    }
    const idempotency = toIdempotency(principal, key, 'start', body, 201);
    const tooOften = await refusalToRing(parts, principal, participantIds, idempotency);
    if (tooOften !== null) return { refusal: tooOften };
    const outcome = await startCall(
      parts.engine,
      {
        type,
        mode: body.mode ?? (participantIds.length === 1 ? 'direct' : 'group'),
        initiator: principal.person,
        deviceId: principal.deviceId,
        participantIds,
        conversationId,
        metadata,
        maxParticipants: limits.maxParticipants,
        timings: toTimings(limits, body.ringTimeoutSeconds),
      },
      toOrigin(principal),
      idempotency,
    );
    if (outcome.refusal !== null) return { refusal: outcome.refusal };
    const { userId } = principal.person;
    if (outcome.merged) await parts.rings.answered(outcome.call, userId);
    else await parts.rings.rang(outcome.call, userId, participantIds);
    const data = {
      call: toWireCall(outcome.call),
      ...(await connectionFor(parts, principal, outcome.call)),
      ...(outcome.merged && { merged: true as const }),
    };
    return ok(data, outcome.status);
  };
}
