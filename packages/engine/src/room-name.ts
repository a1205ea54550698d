import { randomBytes } from 'node:crypto';

const PREFIX = 'call_';

/** Random, since it is told to nobody but in tokens; never reused, since LiveKit may remember a room by its name. */
export const newRoomName = (): string => `${PREFIX}${randomBytes(18).toString('base64url')}`;

/** Whether a room of LiveKit's was made for a call: others may share the same LiveKit. */
export const isRoomOfCall = (roomName: string): boolean => roomName.startsWith(PREFIX);
