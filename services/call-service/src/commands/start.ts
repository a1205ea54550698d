import type { Call, Connection, StartBody } from '@ringline/contract';
import { startCall, toWireCall } from '@ringline/engine';
import type { CallServiceConfig } from '@ringline/platform';
import { type Answer, answered, invalid } from '../answer.ts';
import { originOf, type UserAsker } from '../identity/asker.ts';
import {
  type CommandParts,
  connectionFor,
  type IdempotencyKey,
  idempotencyOf,
  refusalToRing,
} from './command.ts';

export interface CallLimits {
  timeouts: CallServiceConfig['timeouts'];
  maxParticipants: number;
}

function timingsOf({ timeouts }: CallLimits, ringSeconds: number | undefined) {
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
    asker: UserAsker,
    body: StartBody,
    key: IdempotencyKey,
  ): Promise<Answer<{ call: Call; connection?: Connection; merged?: true }>> => {
    const { type, participantIds, conversationId = null, metadata = {} } = body;
    if (participantIds.includes(asker.person.userId)) {
      return invalid('participantIds', 'names the one who calls');
    }
    const idempotency = idempotencyOf(asker, key, 'start', body, 201);
    const tooOften = await refusalToRing(parts, asker, participantIds, idempotency);
    if (tooOften !== null) return { refusal: tooOften };
    const outcome = await startCall(
      parts.engine,
      {
        type,
        mode: body.mode ?? (participantIds.length === 1 ? 'direct' : 'group'),
        initiator: asker.person,
        deviceId: asker.deviceId,
        participantIds,
        conversationId,
        metadata,
        maxParticipants: limits.maxParticipants,
        timings: timingsOf(limits, body.ringTimeoutSeconds),
      },
      originOf(asker),
      idempotency,
    );
    if (outcome.refusal !== null) return { refusal: outcome.refusal };
    const { userId } = asker.person;
    if (outcome.merged) await parts.rings.answered(outcome.call, userId);
    else await parts.rings.rang(outcome.call, userId, participantIds);
    const data = {
      call: toWireCall(outcome.call),
      ...(await connectionFor(parts, asker, outcome.call)),
      ...(outcome.merged && { merged: true as const }),
    };
    return answered(data, outcome.status);
  };
}
