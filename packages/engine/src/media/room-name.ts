import { randomBytes } from 'node:crypto';

/**
 * Required by release 0.1.0: its cleanup worker takes an active room without the prefix for lost.
 */
const PREFIX = 'call_';
/** Occurs neither in deployment ids nor in the random part, and not in names of release 0.1.0. */
const SEPARATOR = '.';

/**
 * A new room name. It contains the deployment, since several may share one LiveKit. The rest is
 * random, so that it cannot be guessed, and never reused, since LiveKit may remember a room by its
 * name.
 */
export function newRoomName(deploymentId: string): string {
  return `${PREFIX}${deploymentId}${SEPARATOR}${randomBytes(18).toString('base64url')}`;
}

/** Whether any deployment created the room for a call. */
export function isRoomOfCall(roomName: string): boolean {
  return roomName.startsWith(PREFIX);
}

/** Whether this deployment created the room. Names of release 0.1.0 do not contain a deployment. */
export function isRoomOfDeployment(roomName: string, deploymentId: string): boolean {
  return roomName.startsWith(`${PREFIX}${deploymentId}${SEPARATOR}`);
}
