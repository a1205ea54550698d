import type { declineBody } from '@ringline/contract';
import type { z } from 'zod';
import { type Asker, isUser, type UserAsker } from '../identity/asker.ts';
import { type CommandParts, callAnswer, command, type IdempotencyKey } from './command.ts';

export async function decline(
  parts: CommandParts,
  asker: UserAsker,
  callId: string,
  body: z.infer<typeof declineBody>,
  key?: IdempotencyKey,
) {
  const request = {
    name: 'decline',
    person: asker.person,
    deviceId: asker.deviceId,
    reason: body.reason ?? 'declined',
  } as const;
  return callAnswer(await command(parts, asker, callId, request, key, body));
}

export async function leave(
  parts: CommandParts,
  asker: UserAsker,
  callId: string,
  key?: IdempotencyKey,
) {
  return callAnswer(
    await command(parts, asker, callId, { name: 'leave', person: asker.person }, key),
  );
}

/** Ends the call for everybody; an operator ends any call. */
export async function end(parts: CommandParts, asker: Asker, callId: string, key?: IdempotencyKey) {
  const request = isUser(asker)
    ? ({ name: 'end', person: asker.person } as const)
    : ({ name: 'admin_end' } as const);
  return callAnswer(await command(parts, asker, callId, request, key));
}
