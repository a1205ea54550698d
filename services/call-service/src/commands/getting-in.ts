import type { Call, Connection, joinBody, tokenBody } from '@ringline/contract';
import { toWireCall } from '@ringline/engine';
import type { z } from 'zod';
import { type Answer, answered } from '../answer.ts';
import type { UserAsker } from '../identity/asker.ts';
import {
  type CommandParts,
  callAnswer,
  command,
  connectionFor,
  type IdempotencyKey,
} from './command.ts';

/** This device rings: the others hear of it, and the ring is not repeated any more. */
export async function acknowledgeRing(
  parts: CommandParts,
  asker: UserAsker,
  callId: string,
  key?: IdempotencyKey,
) {
  return callAnswer(
    await command(parts, asker, callId, { name: 'ring_ack', person: asker.person }, key),
  );
}

/** Accepts, takes over, or comes back: what it is depends on where the user stands. */
export async function join(
  parts: CommandParts,
  asker: UserAsker,
  callId: string,
  body: z.infer<typeof joinBody>,
  key?: IdempotencyKey,
): Promise<Answer<{ call: Call; connection?: Connection }>> {
  const request = {
    name: 'join',
    person: asker.person,
    deviceId: asker.deviceId,
    takeover: body.takeover ?? false,
    rejoin: body.rejoin ?? false,
  } as const;
  const outcome = await command(parts, asker, callId, request, key, body);
  if (outcome.refusal !== null) return { refusal: outcome.refusal };
  const { call, status } = outcome;
  await parts.rings.answered(call, asker.person.userId);
  const connection = await connectionFor(parts, asker, call);
  return answered({ call: toWireCall(call), ...connection }, status);
}

/** Fresh media credentials for one who is in the call. */
export async function requestToken(
  parts: CommandParts,
  asker: UserAsker,
  callId: string,
  body: z.infer<typeof tokenBody>,
  key?: IdempotencyKey,
): Promise<Answer<{ connection?: Connection }>> {
  const request = {
    name: 'token',
    person: asker.person,
    deviceId: asker.deviceId,
    takeover: body.takeover ?? false,
  } as const;
  const outcome = await command(parts, asker, callId, request, key, body);
  if (outcome.refusal !== null) return { refusal: outcome.refusal };
  return answered(await connectionFor(parts, asker, outcome.call), outcome.status);
}
