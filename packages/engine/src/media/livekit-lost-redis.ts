import { setTimeout as delay } from 'node:timers/promises';
import { TimedOut, within } from '@ringline/platform';
import { isUser } from './livekit-participants.ts';
import type { LiveKitRequests } from './livekit-requests.ts';

/*
 * LiveKit 1.13 looks into its Redis before it deletes a room or removes a participant, and answers 404 for what Redis has
 * forgotten, although the room lives on in a node's memory. Entering a room gets around that: it writes the room and the
 * new session to Redis, and ends any other session of the same identity.
 *
 * With several nodes, the session may come to a node that does not have the room, and make a copy of it there. What is
 * done here is therefore repeated until it is seen to have worked.
 */

/** Longer than a copy of the room outlives the session that made it. */
const LONGEST_MS = 10_000;
const PAUSE_MS = 100;
const LOOKS_FOR_ROOM = 30;
/** A node that is asked at any other time answers within some milliseconds. */
const QUICK_LOOK_MS = 300;
/** No user id has a slash. */
const KEEPER = 'ringline/keeper';

/**
 * Makes a session of the user's own identity, upon which LiveKit ends the one that they have. Also makes the user known to
 * Redis, so that `removeParticipant` reaches the node that has them where the new session came to another node.
 */
async function replaceSession(
  requests: LiveKitRequests,
  roomName: string,
  userId: string,
): Promise<void> {
  const session = await requests.enterRoom(roomName, userId, { hidden: true });
  try {
    await requests.removeParticipant(roomName, userId);
  } finally {
    session.leave();
  }
}

/**
 * Lets Redis know a room again that it has forgotten, which every new session does, some moments after it was let in.
 * Rejects if the room stays unknown.
 */
export async function makeRoomKnown(requests: LiveKitRequests, roomName: string): Promise<void> {
  const session = await requests.enterRoom(roomName, KEEPER, { hidden: false });
  try {
    for (let look = 1; !(await requests.isListed(roomName)); look += 1) {
      if (look === LOOKS_FOR_ROOM) throw new Error('LiveKit does not list a room that was entered');
      await delay(PAUSE_MS);
    }
  } finally {
    session.leave();
  }
}

/** Closes a room that Redis does not know, or knows on a node that has crashed. Resolves once no node has it. */
export async function closeUnknownRoom(requests: LiveKitRequests, roomName: string): Promise<void> {
  const giveUpAt = performance.now() + LONGEST_MS;
  while (performance.now() < giveUpAt) {
    // Assigns the room to a node that is there.
    await requests.createRoom(roomName);
    await makeRoomKnown(requests, roomName);
    await requests.deleteRoom(roomName);
    if ((await requests.listParticipants(roomName)) === null) return;
  }
  throw new Error('LiveKit still has a room that was closed');
}

type Presence = 'there' | 'gone' | 'unknown';

/**
 * What one look into the room says of the user. One that shows none of the others may be a look into another node's copy
 * of the room, and proves nothing. That no node has the room is asked twice, while nodes find Redis again.
 */
async function lookForUser(
  requests: LiveKitRequests,
  roomName: string,
  userId: string,
  others: readonly string[],
): Promise<Presence> {
  const list = () => requests.listParticipants(roomName);
  const participants = (await list()) ?? (await list());
  if (participants === null) return 'gone';
  const present = new Set(participants.filter(isUser).map(({ identity }) => identity));
  if (present.has(userId)) return 'there';
  const isTheRoom = others.length === 0 || others.some((other) => present.has(other));
  return isTheRoom ? 'gone' : 'unknown';
}

async function presenceWithin(milliseconds: number, look: Promise<Presence>): Promise<Presence> {
  try {
    return await within(milliseconds, look);
  } catch (error) {
    if (error instanceof TimedOut) return 'unknown';
    throw error;
  }
}

/**
 * Puts a user out of a room although Redis does not know them there. Resolves once they are seen to be gone; `others` are
 * users who should be in the room.
 */
export async function evictUnknown(
  requests: LiveKitRequests,
  roomName: string,
  userId: string,
  others: readonly string[],
): Promise<void> {
  const look = () => lookForUser(requests, roomName, userId, others);
  // Where Redis knows the room, the user has most likely left by themselves. Right after the loss a look takes up to three
  // seconds, in which the user would still hear the others: replacing a session that is not there does no harm.
  const isListed = await requests.isListed(roomName);
  const first = isListed ? await presenceWithin(QUICK_LOOK_MS, look()) : 'unknown';
  if (first === 'gone') return;
  await replaceSession(requests, roomName, userId);
  const giveUpAt = performance.now() + LONGEST_MS;
  while (performance.now() < giveUpAt) {
    const presence = await look();
    if (presence === 'gone') return;
    if (presence === 'there') await replaceSession(requests, roomName, userId);
    else await delay(PAUSE_MS);
  }
  throw new Error('LiveKit does not show that a removed user is out of the room');
}
