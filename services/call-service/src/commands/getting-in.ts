import type { Call, Connection, joinBody, tokenBody } from '@ringline/contract';
import { toWireCall } from '@ringline/engine';
import type { z } from 'zod';
import type { UserPrincipal } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';
import {
  type CommandParts,
  callResult,
  command,
  connectionFor,
  type IdempotencyKey,
} from './command.ts';

/** This device rings: the others hear of it, and the ring is not repeated any more. */
export async function acknowledgeRing(
  parts: CommandParts,
  principal: UserPrincipal,
  callId: string,
  key?: IdempotencyKey,
) {
  return callResult(
    await command(
      parts,
      principal,
      callId,
      { name: 'acknowledge_ring', person: principal.person },
      key,
    ),
  );
}

/** Accepts, takes over, or comes back: what it is depends on where the user stands. */
export async function join(
  parts: CommandParts,
  principal: UserPrincipal,
  callId: string,
  body: z.infer<typeof joinBody>,
  key?: IdempotencyKey,
): Promise<Result<{ call: Call; connection?: Connection }>> {
  const request = {
    name: 'join',
    person: principal.person,
    deviceId: principal.deviceId,
    takeover: body.takeover ?? false,
    rejoin: body.rejoin ?? false,
  } as const;
  const outcome = await command(parts, principal, callId, request, key, body);
  if (outcome.refusal !== null) return { refusal: outcome.refusal };
  const { call, status } = outcome;
  await parts.rings.answered(call, principal.person.userId);
  const connection = await connectionFor(parts, principal, call);
  return ok({ call: toWireCall(call), ...connection }, status);
}

/** Fresh media credentials for one who is in the call. */
export async function requestToken(
  parts: CommandParts,
  principal: UserPrincipal,
  callId: string,
  body: z.infer<typeof tokenBody>,
  key?: IdempotencyKey,
): Promise<Result<{ connection?: Connection }>> {
  const request = {
    name: 'token',
    person: principal.person,
    deviceId: principal.deviceId,
    takeover: body.takeover ?? false,
  } as const;
  const outcome = await command(parts, principal, callId, request, key, body);
  if (outcome.refusal !== null) return { refusal: outcome.refusal };
  return ok(await connectionFor(parts, principal, outcome.call), outcome.status);
}
