import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, isInCall } from '@ringline/domain';
import type { InvariantReport, Store, Violation } from '@ringline/store';
import type { MediaServer } from '../media/media-server.ts';
import { isRoomOfCall, isRoomOfDeployment } from '../media/room-name.ts';

export type RoomLists = Pick<MediaServer, 'listRooms' | 'listParticipants'>;
type Calls = Pick<Store, 'listLiveRooms' | 'findCallsByRoom' | 'loadMany' | 'getDeploymentId'>;

const AT_ONCE = 16;

const invariants = {
  room: {
    name: 'live-call-has-a-room',
    holds: 'Every live call has its room in LiveKit.',
  },
  leftOver: {
    name: 'room-has-a-live-call',
    holds: 'Every room that this deployment made belongs to a live call.',
  },
  stranger: {
    name: 'user-in-room-is-in-the-call',
    holds: 'Every user in a room is in its call.',
  },
} as const;

function toViolation({ name }: { name: string }, callId: string | null, detail: string): Violation {
  return { invariant: name, callId, detail };
}

async function leftOverRooms(calls: Calls, roomNames: readonly string[]): Promise<Violation[]> {
  const known = await calls.findCallsByRoom(roomNames);
  const deploymentId = await calls.getDeploymentId();
  return roomNames
    .filter((roomName) => known.has(roomName) || isRoomOfDeployment(roomName, deploymentId))
    .filter((roomName) => known.get(roomName)?.live !== true)
    .map((roomName) => {
      const call = known.get(roomName);
      return call === undefined
        ? toViolation(invariants.leftOver, null, `no call has the room ${roomName}`)
        : toViolation(
            invariants.leftOver,
            call.callId,
            'the call is over, and LiveKit has its room',
          );
    });
}

/** Also looks into rooms that LiveKit does not list: one that its Redis has lost lives on in a node's memory. */
async function lookIntoRoom(media: RoomLists, call: Call, isListed: boolean): Promise<Violation[]> {
  try {
    const users = await media.listParticipants(call.roomName);
    const inCall = new Set(call.participants.filter(isInCall).map(({ userId }) => userId));
    return users
      .filter(({ userId }) => !inCall.has(userId))
      .map(({ userId }) =>
        toViolation(invariants.stranger, call.id, `${userId} is in the room, and not in the call`),
      );
  } catch {
    if (!isListed) return [];
    // LiveKit as a whole has just answered: it lists the rooms of nodes that have crashed.
    return [toViolation(invariants.room, call.id, 'LiveKit does not say who is in the room')];
  }
}

async function look(calls: Calls, media: RoomLists): Promise<Violation[]> {
  // In this order: the room of a call that was live before LiveKit was asked has been made.
  const live = await calls.listLiveRooms();
  const listed = new Set((await media.listRooms()).filter(isRoomOfCall));
  const liveNames = new Set(live.map(({ roomName }) => roomName));
  const lost = live
    .filter(({ roomName }) => !listed.has(roomName))
    .map(({ callId }) => toViolation(invariants.room, callId, 'LiveKit does not list the room'));
  const leftOver = [...listed].filter((roomName) => !liveNames.has(roomName));
  const violations = [...lost, ...(await leftOverRooms(calls, leftOver))];
  for (let start = 0; start < live.length; start += AT_ONCE) {
    const callIds = live.slice(start, start + AT_ONCE).map(({ callId }) => callId);
    const loaded = await calls.loadMany(callIds);
    const looks = loaded.map(({ call }) => lookIntoRoom(media, call, listed.has(call.roomName)));
    violations.push(...(await Promise.all(looks)).flat());
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
  limit: number,
): Promise<InvariantReport> {
  const before = new Set((await look(calls, media)).map((one) => JSON.stringify(one)));
  await sleep(lagMs);
  const lasting = (await look(calls, media)).filter((one) => before.has(JSON.stringify(one)));
  const found = Map.groupBy(lasting, ({ invariant }) => invariant);
  return {
    checked: Object.values(invariants).map(({ name, holds }) => ({
      name,
      holds,
      found: found.get(name)?.length ?? 0,
    })),
    violations: [...found.values()].flatMap((violations) => violations.slice(0, limit)),
  };
}
