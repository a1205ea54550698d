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
    holds: 'Every active call has its room in LiveKit.',
  },
  leftOver: {
    name: 'room-has-a-live-call',
    holds: 'Every room that this deployment created belongs to an active call.',
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
            'the call is over, but LiveKit has its room',
          );
    });
}

/**
 * Also checks rooms that LiveKit does not list: a node may have a room that LiveKit's Redis has
 * lost.
 */
async function checkParticipants(
  media: RoomLists,
  call: Call,
  isListed: boolean,
): Promise<Violation[]> {
  try {
    const users = await media.listParticipants(call.roomName);
    const inCall = new Set(call.participants.filter(isInCall).map(({ userId }) => userId));
    return users
      .filter(({ userId }) => !inCall.has(userId))
      .map(({ userId }) =>
        toViolation(invariants.stranger, call.id, `${userId} is in the room but not in the call`),
      );
  } catch {
    if (!isListed) return [];
    // LiveKit itself has just answered. It also lists the rooms of crashed nodes.
    return [toViolation(invariants.room, call.id, 'LiveKit does not say who is in the room')];
  }
}

async function findViolations(calls: Calls, media: RoomLists): Promise<Violation[]> {
  // In this order: the room of a call that is already listed here must exist by then.
  const active = await calls.listLiveRooms();
  const listed = new Set((await media.listRooms()).filter(isRoomOfCall));
  const activeNames = new Set(active.map(({ roomName }) => roomName));
  const lost = active
    .filter(({ roomName }) => !listed.has(roomName))
    .map(({ callId }) => toViolation(invariants.room, callId, 'LiveKit does not list the room'));
  const leftOver = [...listed].filter((roomName) => !activeNames.has(roomName));
  const violations = [...lost, ...(await leftOverRooms(calls, leftOver))];
  for (let start = 0; start < active.length; start += AT_ONCE) {
    const callIds = active.slice(start, start + AT_ONCE).map(({ callId }) => callId);
    const loaded = await calls.loadMany(callIds);
    const checks = loaded.map(({ call }) =>
      checkParticipants(media, call, listed.has(call.roomName)),
    );
    violations.push(...(await Promise.all(checks)).flat());
  }
  return violations;
}

/**
 * Compares LiveKit's rooms with the active calls twice, and reports the differences found both
 * times: users join and leave during the comparison.
 */
export async function checkRooms(
  calls: Calls,
  media: RoomLists,
  lagMs: number,
  limit: number,
): Promise<InvariantReport> {
  const before = new Set((await findViolations(calls, media)).map((one) => JSON.stringify(one)));
  await sleep(lagMs);
  const lasting = (await findViolations(calls, media)).filter((one) =>
    before.has(JSON.stringify(one)),
  );
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
