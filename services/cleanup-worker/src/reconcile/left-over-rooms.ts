import { type Engine, isRoomOfDeployment } from '@ringline/engine';
import { found } from './found.ts';

/**
 * Closes the rooms of our calls that are over, and those of this deployment that twice in a row no call was known for.
 * Any other room may be another deployment's, and is left alone: if it was ours, LiveKit closes it once it is empty.
 * Returns the names of the unknown ones.
 */
export async function closeLeftOverRooms(
  parts: Engine,
  roomNames: readonly string[],
  unknownBefore: ReadonlySet<string>,
): Promise<Set<string>> {
  const calls = await parts.store.findCallsByRoom(roomNames);
  const deploymentId = await parts.store.getDeploymentId();
  const unknown = roomNames.filter(
    (roomName) => !calls.has(roomName) && isRoomOfDeployment(roomName, deploymentId),
  );
  const over = roomNames.filter((roomName) => calls.get(roomName)?.live === false);
  const close = (roomName: string): void => {
    const callId = calls.get(roomName)?.callId ?? null;
    found(parts, callId === null ? 'unknown_room' : 'room_of_ended_call', { callId });
    parts.background.queue('LiveKit delete_room', { callId }, () =>
      parts.media.deleteRoom(roomName),
    );
  };
  const doomed = [...over, ...unknown.filter((roomName) => unknownBefore.has(roomName))];
  for (const roomName of doomed) close(roomName);
  await parts.background.drained();
  return new Set(unknown);
}
