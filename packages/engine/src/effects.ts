import { type Call, type Effect, findParticipant, isInCall, isTerminal } from '@ringline/domain';
import type { Engine } from './engine.ts';
import type { RoomTimeouts } from './media-server.ts';

const MARGIN_SECONDS = 30;

/** A room outlives a whole ring without anyone in it, and a whole grace period after the last one left. */
export function getRoomTimeouts({ timings }: Call): RoomTimeouts {
  return {
    emptySeconds: timings.ringSeconds + timings.connectSeconds + MARGIN_SECONDS,
    departureSeconds: timings.graceSeconds + timings.connectSeconds + MARGIN_SECONDS,
  };
}

/** Time has passed since the decision: one who is in by now (a rejoin) is not thrown out again. */
async function removeIfStillLeft(parts: Engine, callId: string, userId: string) {
  const loaded = await parts.store.load(callId);
  if (loaded === null) return;
  const participant = findParticipant(loaded.call, userId);
  if (participant !== undefined && isInCall(participant) && !isTerminal(loaded.call)) return;
  const others = loaded.call.participants
    .filter((other) => other.state === 'joined' && other.userId !== userId)
    .map((other) => other.userId);
  await parts.media.removeParticipant(loaded.call.roomName, userId, others);
}

function runEffect(parts: Engine, call: Call, effect: Effect): Promise<void> {
  switch (effect.name) {
    case 'create_room':
      return parts.media.restoreRoom(call.roomName, getRoomTimeouts(call));
    case 'delete_room':
      return parts.media.deleteRoom(call.roomName);
    case 'remove_participant':
      return removeIfStillLeft(parts, call.id, effect.userId);
    case 'mute':
      return parts.media.mute(call.roomName, effect.userId, effect.kind);
  }
}

function isMute({ name }: Effect): boolean {
  return name === 'mute';
}

/** Whether the answer waits for LiveKit: it is known only after `carryOutMutes`. */
export function hasMutes(effects: readonly Effect[]): boolean {
  return effects.some(isMute);
}

/** Lets LiveKit follow a commit. What fails here is logged, and found again by the reconciler. */
export function runEffects(parts: Engine, call: Call, effects: readonly Effect[]): void {
  for (const effect of effects) {
    if (isMute(effect)) continue;
    parts.background.queue(`LiveKit ${effect.name}`, { callId: call.id }, () =>
      runEffect(parts, call, effect),
    );
  }
}

/**
 * Mutes are the one effect that an answer waits for: nothing would find again that somebody is still
 * heard. Rejects when LiveKit does not answer.
 */
export async function runMutes(
  parts: Engine,
  call: Call,
  effects: readonly Effect[],
): Promise<void> {
  await Promise.all(effects.filter(isMute).map((effect) => runEffect(parts, call, effect)));
}
