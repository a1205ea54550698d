import { randomBytes } from 'node:crypto';

/** Kept from release 0.1.0, whose cleanup worker takes a live room without it for lost. */
const PREFIX = 'call_';
/** Neither an id of a deployment nor the random part has one; names that were made by release 0.1.0 have none. */
const SEPARATOR = '.';

/**
 * Says which deployment made the room, since several may share one LiveKit. The rest is random, since it is told to
 * nobody but in tokens; never reused, since LiveKit may remember a room by its name.
 */
export function newRoomName(deploymentId: string): string {
  return `${PREFIX}${deploymentId}${SEPARATOR}${randomBytes(18).toString('base64url')}`;
}

/** Whether a room was made for a call, by this deployment or another one. */
export function isRoomOfCall(roomName: string): boolean {
  return roomName.startsWith(PREFIX);
}

/** Whether this deployment made the room. Names of release 0.1.0 do not say: only its database knows. */
export function isRoomOfDeployment(roomName: string, deploymentId: string): boolean {
  return roomName.startsWith(`${PREFIX}${deploymentId}${SEPARATOR}`);
}
