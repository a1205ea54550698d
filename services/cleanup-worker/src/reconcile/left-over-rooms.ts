import { type Engine, isRoomOfDeployment } from '@ringline/engine';
import type { Lease } from '../lease.ts';
import { reportDrift } from './drift.ts';

/** Rooms that are deleted before the lease is renewed. */
const AT_ONCE = 32;

/**
 * Deletes the rooms of ended calls, and rooms of this deployment that have no call in two
 * consecutive comparisons. Any other room may belong to another deployment and stays. Returns the
 * names of this deployment's rooms without a call.
 */
export async function deleteLeftOverRooms(
  engine: Engine,
  lease: Lease,
  roomNames: readonly string[],
  unknownBefore: ReadonlySet<string>,
): Promise<Set<string>> {
  const calls = await engine.store.findCallsByRoom(roomNames);
  const deploymentId = await engine.store.getDeploymentId();
  const unknown = roomNames.filter(
    (roomName) => !calls.has(roomName) && isRoomOfDeployment(roomName, deploymentId),
  );
  const ended = roomNames.filter((roomName) => calls.get(roomName)?.live === false);
  const leftOver = [...ended, ...unknown.filter((roomName) => unknownBefore.has(roomName))];
  for (let start = 0; start < leftOver.length; start += AT_ONCE) {
    if (!(await lease.take())) break;
    for (const roomName of leftOver.slice(start, start + AT_ONCE)) {
      const callId = calls.get(roomName)?.callId ?? null;
      reportDrift(engine, callId === null ? 'unknown_room' : 'room_of_ended_call', { callId });
      engine.backgroundTasks.queue('LiveKit delete_room', { callId }, () =>
        engine.media.deleteRoom(roomName),
      );
    }
    await engine.backgroundTasks.drained();
  }
  return new Set(unknown);
}
