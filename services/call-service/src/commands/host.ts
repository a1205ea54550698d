import type { TrackKind } from '@ringline/contract';
import type { UserPrincipal } from '../identity/principal.ts';
import {
  type CommandParts,
  callResult,
  command,
  type IdempotencyKey,
  participantResult,
} from './command.ts';

export async function mute(
  parts: CommandParts,
  principal: UserPrincipal,
  callId: string,
  muted: { userId: string; kind: TrackKind },
  key: IdempotencyKey,
) {
  const request = { name: 'mute', person: principal.person, ...muted } as const;
  return participantResult(
    await command(parts, principal, callId, request, key, muted),
    muted.userId,
  );
}

export async function muteAll(
  parts: CommandParts,
  principal: UserPrincipal,
  callId: string,
  key: IdempotencyKey,
) {
  return callResult(
    await command(parts, principal, callId, { name: 'mute_all', person: principal.person }, key),
  );
}

export async function remove(
  parts: CommandParts,
  principal: UserPrincipal,
  callId: string,
  userId: string,
) {
  const request = { name: 'remove', person: principal.person, userId } as const;
  return callResult(await command(parts, principal, callId, request));
}

export async function handOver(
  parts: CommandParts,
  principal: UserPrincipal,
  callId: string,
  userId: string,
) {
  const request = { name: 'hand_over', person: principal.person, userId } as const;
  return callResult(await command(parts, principal, callId, request));
}
