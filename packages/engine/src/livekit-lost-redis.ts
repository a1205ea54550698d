import { setTimeout as delay } from 'node:timers/promises';
import type { ParticipantInfo } from 'livekit-server-sdk';
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

const MAX_ROUNDS = 10;
const PAUSE_MS = 50;
/** No user id has a slash. */
const KEEPER = 'ringline/keeper';

/** What one look into a room says of a user: `unknown` if the look may have been into another node's copy of the room. */
type Presence = 'there' | 'gone' | 'unknown';

const identitiesOf = (participants: readonly ParticipantInfo[]): string[] =>
  participants.filter(isUser).map(({ identity }) => identity);

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

/** Lets Redis know a room again that it has forgotten, which every new session does. */
export async function makeRoomKnown(requests: LiveKitRequests, roomName: string): Promise<void> {
  const session = await requests.enterRoom(roomName, KEEPER, { hidden: false });
  session.leave();
}

/** Closes a room that Redis does not know, or knows on a node that has crashed. Resolves once no node has it. */
export async function closeUnknownRoom(requests: LiveKitRequests, roomName: string): Promise<void> {
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    // Assigns the room to a node that is there.
    await requests.createRoom(roomName);
    await makeRoomKnown(requests, roomName);
    await requests.deleteRoom(roomName);
    if ((await requests.listParticipants(roomName)) === null) return;
  }
  throw new Error('LiveKit still has a room that was closed');
}

/**
 * Puts a user out of a room although Redis does not know them there. Resolves once the user is seen to be gone.
 *
 * With several nodes, a look that shows none of those who were seen before is one into the copy, and proves nothing.
 */
export async function evictUnknown(
  requests: LiveKitRequests,
  roomName: string,
  userId: string,
): Promise<void> {
  const company = new Set<string>();

  const look = async (): Promise<Presence> => {
    // No node has the room. Asked twice, since the nodes themselves may be about to find Redis again.
    const participants =
      (await requests.listParticipants(roomName)) ?? (await requests.listParticipants(roomName));
    if (participants === null) return 'gone';
    const present = identitiesOf(participants);
    const others = present.filter((identity) => identity !== userId);
    const isTheRoom = company.size === 0 || others.some((identity) => company.has(identity));
    for (const identity of others) company.add(identity);
    if (present.includes(userId)) return 'there';
    return isTheRoom ? 'gone' : 'unknown';
  };

  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const presence = await look();
    if (presence === 'gone') return;
    if (presence === 'there') await replaceSession(requests, roomName, userId);
    else await delay(PAUSE_MS);
  }
  throw new Error('LiveKit still has a participant in the room who was removed');
}
