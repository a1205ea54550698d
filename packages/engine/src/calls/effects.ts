import { type Call, type Effect, findParticipant, isInCall, isTerminal } from '@ringline/domain';
import type { Engine } from '../engine.ts';
import type { RoomTimeouts } from '../media/media-server.ts';

const MARGIN_SECONDS = 30;

/**
 * An empty room lasts longer than a ring, and longer than a grace period after the last user left.
 */
export function getRoomTimeouts({ timings }: Call): RoomTimeouts {
  return {
    emptySeconds: timings.ringSeconds + timings.connectSeconds + MARGIN_SECONDS,
    departureSeconds: timings.graceSeconds + timings.connectSeconds + MARGIN_SECONDS,
  };
}

/** Loads the call again, since a user who has rejoined meanwhile must stay. */
async function removeIfStillLeft(engine: Engine, callId: string, userId: string) {
  const loaded = await engine.store.load(callId);
  if (loaded === null) return;
  const participant = findParticipant(loaded.call, userId);
  if (participant !== undefined && isInCall(participant) && !isTerminal(loaded.call)) return;
  const others = loaded.call.participants
    .filter((other) => other.state === 'joined' && other.userId !== userId)
    .map((other) => other.userId);
  await engine.media.removeParticipant(loaded.call.roomName, userId, others);
}

function runEffect(engine: Engine, call: Call, effect: Effect): Promise<void> {
  switch (effect.name) {
    case 'create_room':
      return engine.media.restoreRoom(call.roomName, getRoomTimeouts(call));
    case 'delete_room':
      return engine.media.deleteRoom(call.roomName);
    case 'remove_participant':
      return removeIfStillLeft(engine, call.id, effect.userId);
    case 'mute':
      return engine.media.mute(call.roomName, effect.userId, effect.kind);
  }
}

function isMute({ name }: Effect): boolean {
  return name === 'mute';
}

/** Responses wait for mutes: see `runMutes`. */
export function hasMutes(effects: readonly Effect[]): boolean {
  return effects.some(isMute);
}

/** Queues the effects of a commit, except mutes. The reconciler repairs those that fail. */
export function runEffects(engine: Engine, call: Call, effects: readonly Effect[]): void {
  for (const effect of effects) {
    if (isMute(effect)) continue;
    engine.backgroundTasks.queue(`LiveKit ${effect.name}`, { callId: call.id }, () =>
      runEffect(engine, call, effect),
    );
  }
}

/** Mutes a user in LiveKit at once. Rejects if LiveKit does not answer. */
export async function runMutes(
  engine: Engine,
  call: Call,
  effects: readonly Effect[],
): Promise<void> {
  await Promise.all(effects.filter(isMute).map((effect) => runEffect(engine, call, effect)));
}
