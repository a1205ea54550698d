import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, isIn, participantOf } from '@ringline/domain';
import type { InvariantReport, Store, Violation } from '@ringline/store';
import type { MediaServer } from '../media-server.ts';
import { isRoomOfCall } from '../room-name.ts';

export type RoomLists = Pick<MediaServer, 'roomNames' | 'usersIn'>;
type Calls = Pick<Store, 'liveRooms' | 'callsByRoom' | 'loadMany'>;

const AT_ONCE = 16;

const invariants = {
  room: {
    name: 'live-call-has-a-room',
    holds: 'Every live call has its room in LiveKit.',
  },
  leftOver: {
    name: 'room-has-a-live-call',
    holds: 'Every room that was made for a call belongs to a live one.',
  },
  stranger: {
    name: 'user-in-room-is-in-the-call',
    holds: 'Every user in a room is in its call.',
  },
} as const;

const violationOf = (
  { name }: { name: string },
  callId: string | null,
  detail: string,
): Violation => ({ invariant: name, callId, detail });

async function leftOverRooms(calls: Calls, roomNames: readonly string[]): Promise<Violation[]> {
  const known = await calls.callsByRoom(roomNames);
  return roomNames
    .filter((roomName) => known.get(roomName)?.live !== true)
    .map((roomName) => {
      const call = known.get(roomName);
      return call === undefined
        ? violationOf(invariants.leftOver, null, `no call has the room ${roomName}`)
        : violationOf(
            invariants.leftOver,
            call.callId,
            'the call is over, and LiveKit has its room',
          );
    });
}

async function strangersIn(media: RoomLists, call: Call): Promise<Violation[]> {
  try {
    const users = await media.usersIn(call.roomName);
    return users
      .filter(({ userId }) => {
        const participant = participantOf(call, userId);
        return participant === undefined || !isIn(participant);
      })
      .map(({ userId }) => {
        const state = participantOf(call, userId)?.state ?? 'not a participant';
        return violationOf(invariants.stranger, call.id, `${userId} is in the room, and ${state}`);
      });
  } catch {
    // LiveKit as a whole has just answered: it lists the rooms of nodes that have crashed.
    return [violationOf(invariants.room, call.id, 'LiveKit does not say who is in the room')];
  }
}

async function look(calls: Calls, media: RoomLists): Promise<Violation[]> {
  // In this order: the room of a call that was live before LiveKit was asked has been made.
  const live = await calls.liveRooms();
  const listed = new Set((await media.roomNames()).filter(isRoomOfCall));
  const liveNames = new Set(live.map(({ roomName }) => roomName));
  const lost = live
    .filter(({ roomName }) => !listed.has(roomName))
    .map(({ callId, state }) => violationOf(invariants.room, callId, `${state}, without a room`));
  const leftOver = [...listed].filter((roomName) => !liveNames.has(roomName));
  const violations = [...lost, ...(await leftOverRooms(calls, leftOver))];
  const open = live.filter(({ roomName }) => listed.has(roomName));
  for (let start = 0; start < open.length; start += AT_ONCE) {
    const callIds = open.slice(start, start + AT_ONCE).map(({ callId }) => callId);
    const loaded = await calls.loadMany(callIds);
    const strangers = await Promise.all(loaded.map(({ call }) => strangersIn(media, call)));
    violations.push(...strangers.flat());
  }
  return violations;
}

/**
 * Compares LiveKit's rooms with the live calls twice, and reports what is found both times: people join and leave while
 * both sides are asked.
 */
export async function checkRooms(
  calls: Calls,
  media: RoomLists,
  lagMs: number,
): Promise<InvariantReport> {
  const before = new Set((await look(calls, media)).map((one) => JSON.stringify(one)));
  await sleep(lagMs);
  const violations = (await look(calls, media)).filter((one) => before.has(JSON.stringify(one)));
  return {
    checked: Object.values(invariants).map(({ name, holds }) => ({
      name,
      holds,
      found: violations.filter(({ invariant }) => invariant === name).length,
    })),
    violations,
  };
}
