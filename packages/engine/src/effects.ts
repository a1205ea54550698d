import { type Call, type Effect, isIn, isTerminal, participantOf } from '@ringline/domain';
import type { EngineParts } from './engine.ts';
import type { RoomTimeouts } from './media-server.ts';

const MARGIN_SECONDS = 30;

/** A room outlives a whole ring without anyone in it, and a whole grace period after the last one left. */
export function roomTimeoutsOf({ timings }: Call): RoomTimeouts {
  return {
    emptySeconds: timings.ringSeconds + timings.connectSeconds + MARGIN_SECONDS,
    departureSeconds: timings.graceSeconds + timings.connectSeconds + MARGIN_SECONDS,
  };
}

/** Time has passed since the decision: one who is in by now (a rejoin) is not thrown out again. */
async function removeIfStillOut(parts: EngineParts, callId: string, userId: string) {
  const loaded = await parts.store.load(callId);
  if (loaded === null) return;
  const participant = participantOf(loaded.call, userId);
  if (participant !== undefined && isIn(participant) && !isTerminal(loaded.call)) return;
  const others = loaded.call.participants
    .filter((other) => other.state === 'joined' && other.userId !== userId)
    .map((other) => other.userId);
  await parts.media.removeUser(loaded.call.roomName, userId, others);
}

function perform(parts: EngineParts, call: Call, effect: Effect): Promise<void> {
  switch (effect.name) {
    case 'open_room':
      return parts.media.restoreRoom(call.roomName, roomTimeoutsOf(call));
    case 'close_room':
      return parts.media.closeRoom(call.roomName);
    case 'evict':
      return removeIfStillOut(parts, call.id, effect.userId);
    case 'mute':
      return parts.media.mute(call.roomName, effect.userId, effect.kind);
  }
}

function isMute({ name }: Effect): boolean {
  return name === 'mute';
}

/** Whether the answer waits for LiveKit: it is known only after `carryOutMutes`. */
export function answerWaitsFor(effects: readonly Effect[]): boolean {
  return effects.some(isMute);
}

/** Lets LiveKit follow a commit. What fails here is logged, and found again by the reconciler. */
export function carryOut(parts: EngineParts, call: Call, effects: readonly Effect[]): void {
  for (const effect of effects) {
    if (isMute(effect)) continue;
    parts.background.queue(`LiveKit ${effect.name}`, { callId: call.id }, () =>
      perform(parts, call, effect),
    );
  }
}

/**
 * Mutes are the one effect that an answer waits for: nothing would find again that somebody is still
 * heard. Rejects when LiveKit does not answer.
 */
export async function carryOutMutes(
  parts: EngineParts,
  call: Call,
  effects: readonly Effect[],
): Promise<void> {
  await Promise.all(effects.filter(isMute).map((effect) => perform(parts, call, effect)));
}
