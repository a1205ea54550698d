import type { declineBody } from '@ringline/contract';
import type { z } from 'zod';
import { isUser, type Principal, type UserPrincipal } from '../identity/principal.ts';
import { type CommandParts, callResult, command, type IdempotencyKey } from './command.ts';

export async function decline(
  parts: CommandParts,
  principal: UserPrincipal,
  callId: string,
  body: z.infer<typeof declineBody>,
  key?: IdempotencyKey,
) {
  const request = {
    name: 'decline',
    person: principal.person,
    deviceId: principal.deviceId,
    reason: body.reason ?? 'declined',
  } as const;
  return callResult(await command(parts, principal, callId, request, key, body));
}

export async function leave(
  parts: CommandParts,
  principal: UserPrincipal,
  callId: string,
  key?: IdempotencyKey,
) {
  return callResult(
    await command(parts, principal, callId, { name: 'leave', person: principal.person }, key),
  );
}

/** Ends the call for everybody; an operator ends any call. */
export async function end(
  parts: CommandParts,
  principal: Principal,
  callId: string,
  key?: IdempotencyKey,
) {
  const request = isUser(principal)
    ? ({ name: 'end', person: principal.person } as const)
    : ({ name: 'force_end' } as const);
  return callResult(await command(parts, principal, callId, request, key));
}
