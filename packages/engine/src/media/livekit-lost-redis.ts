import { setTimeout as delay } from 'node:timers/promises';
import { TimedOut, within } from '@ringline/platform';
import { isUser } from './livekit-participants.ts';
import type { LiveKitRequests } from './livekit-requests.ts';

/*
 * LiveKit 1.13 looks into its Redis before it deletes a room or removes a participant. It answers
 * 404 if Redis has lost them, although the room lives on in a node's memory. Entering the room
 * works around that: it writes the room and the new session to Redis, and ends any other session of
 * the same identity.
 *
 * With several nodes, the session may reach a node that does not have the room, and create a copy
 * there. So every operation is repeated until its result is visible.
 */

/** Longer than a copy of a room outlasts the session that created it. */
const TIMEOUT_MS = 10_000;
const PAUSE_MS = 100;
const MAX_LOOKUPS = 30;
/** A node normally answers within a few milliseconds. */
const QUICK_LOOKUP_MS = 300;
/** Not the id of a user: user ids have no slash. */
const KEEPER = 'ringline/keeper';

/**
 * Opens a session with the user's identity, so that LiveKit ends theirs. It also writes the user to
 * Redis, so that `removeParticipant` reaches their node if the new session reached another one.
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
 * Lists a room again that Redis has lost. Every new session does that a moment after it joined.
 * Rejects if the room stays unlisted.
 */
export async function makeRoomKnown(requests: LiveKitRequests, roomName: string): Promise<void> {
  const session = await requests.enterRoom(roomName, KEEPER, { hidden: false });
  try {
    for (let lookup = 1; !(await requests.isListed(roomName)); lookup += 1) {
      if (lookup === MAX_LOOKUPS)
        throw new Error('LiveKit does not list a room that a session is in');
      await delay(PAUSE_MS);
    }
  } finally {
    session.leave();
  }
}

/** Deletes a room that Redis has lost or lists on a crashed node. Resolves once no node has it. */
export async function closeUnknownRoom(requests: LiveKitRequests, roomName: string): Promise<void> {
  const giveUpAt = performance.now() + TIMEOUT_MS;
  while (performance.now() < giveUpAt) {
    // Assigns the room to a running node.
    await requests.createRoom(roomName);
    await makeRoomKnown(requests, roomName);
    await requests.deleteRoom(roomName);
    if ((await requests.listParticipants(roomName)) === null) return;
  }
  throw new Error('LiveKit still has a deleted room');
}

type Presence = 'present' | 'absent' | 'unknown';

/**
 * Looks up the user in the room once. A result without any of the others may be another node's copy
 * of the room, and proves nothing. If no node has the room, asks again, since nodes may just be
 * reconnecting to Redis.
 */
async function lookUpUser(
  requests: LiveKitRequests,
  roomName: string,
  userId: string,
  others: readonly string[],
): Promise<Presence> {
  const list = () => requests.listParticipants(roomName);
  const participants = (await list()) ?? (await list());
  if (participants === null) return 'absent';
  const present = new Set(participants.filter(isUser).map(({ identity }) => identity));
  if (present.has(userId)) return 'present';
  const isOriginal = others.length === 0 || others.some((other) => present.has(other));
  return isOriginal ? 'absent' : 'unknown';
}

async function presenceWithin(milliseconds: number, lookup: Promise<Presence>): Promise<Presence> {
  try {
    return await within(milliseconds, lookup);
  } catch (error) {
    if (error instanceof TimedOut) return 'unknown';
    throw error;
  }
}

/**
 * Removes a user whom Redis does not know from a room. Resolves once they are visibly absent.
 * `others` are users who should be in the room.
 */
export async function evictUnknown(
  requests: LiveKitRequests,
  roomName: string,
  userId: string,
  others: readonly string[],
): Promise<void> {
  const lookUp = () => lookUpUser(requests, roomName, userId, others);
  // If Redis knows the room, the user has most likely left. Right after a loss a lookup takes up to
  // three seconds, in which the user would still hear the others. Replacing a session that is not
  // there is harmless.
  const isListed = await requests.isListed(roomName);
  const first = isListed ? await presenceWithin(QUICK_LOOKUP_MS, lookUp()) : 'unknown';
  if (first === 'absent') return;
  await replaceSession(requests, roomName, userId);
  const giveUpAt = performance.now() + TIMEOUT_MS;
  while (performance.now() < giveUpAt) {
    const presence = await lookUp();
    if (presence === 'absent') return;
    if (presence === 'present') await replaceSession(requests, roomName, userId);
    else await delay(PAUSE_MS);
  }
  throw new Error('LiveKit may still have a removed user in the room');
}
