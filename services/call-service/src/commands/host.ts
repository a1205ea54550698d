import type { TrackKind } from '@ringline/contract';
import type { UserAsker } from '../identity/asker.ts';
import {
  type CommandParts,
  callAnswer,
  command,
  type IdempotencyKey,
  participantAnswer,
} from './command.ts';

export async function mute(
  parts: CommandParts,
  asker: UserAsker,
  callId: string,
  muted: { userId: string; kind: TrackKind },
  key: IdempotencyKey,
) {
  const request = { name: 'mute', person: asker.person, ...muted } as const;
  return participantAnswer(await command(parts, asker, callId, request, key, muted), muted.userId);
}

export async function muteAll(
  parts: CommandParts,
  asker: UserAsker,
  callId: string,
  key: IdempotencyKey,
) {
  return callAnswer(
    await command(parts, asker, callId, { name: 'mute_all', person: asker.person }, key),
  );
}

export async function remove(
  parts: CommandParts,
  asker: UserAsker,
  callId: string,
  userId: string,
) {
  const request = { name: 'remove', person: asker.person, userId } as const;
  return callAnswer(await command(parts, asker, callId, request));
}

export async function handOver(
  parts: CommandParts,
  asker: UserAsker,
  callId: string,
  userId: string,
) {
  const request = { name: 'hand_over', person: asker.person, userId } as const;
  return callAnswer(await command(parts, asker, callId, request));
}
