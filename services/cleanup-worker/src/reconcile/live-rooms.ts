import type { Call } from '@ringline/domain';
import {
  type CommandRequest,
  type EngineParts,
  originOf,
  runCommand,
  type UserInRoom,
} from '@ringline/engine';
import type { LiveRoom } from '@ringline/store';
import { differencesOf } from './differences.ts';
import { found } from './found.ts';
import { inSlices } from './in-slices.ts';

const report = async (parts: EngineParts, { id }: Call, command: CommandRequest): Promise<void> => {
  await runCommand(parts, id, command, originOf('reconciler'));
};

/**
 * Null where LiveKit lists the room and yet does not say who is in it. That is so when the node that had the room has
 * crashed, or does not answer in time; either way nobody is known to be gone.
 */
const usersIn = async (parts: EngineParts, call: Call): Promise<UserInRoom[] | null> => {
  try {
    return await parts.media.usersIn(call.roomName);
  } catch (error) {
    parts.logger.warn('LiveKit does not say who is in a room', { callId: call.id, error });
    return null;
  }
};

/** Brings one live call and its room together. Returns the sids of the sessions that the room does not have. */
const lookIntoRoom = async (
  parts: EngineParts,
  call: Call,
  isListed: boolean,
  goneBefore: ReadonlySet<string>,
): Promise<string[]> => {
  const users = isListed ? await usersIn(parts, call) : null;
  if (users === null) {
    found(parts, isListed ? 'unreadable_room' : 'lost_room', { callId: call.id });
    await report(parts, call, { name: 'room_lost' });
    return [];
  }
  const { present, forbidden, gone } = differencesOf(call, users);
  for (const { userId, session } of [...present, ...forbidden]) {
    const isForbidden = forbidden.some((user) => user.userId === userId);
    found(parts, isForbidden ? 'forbidden_user' : 'present_user', { callId: call.id, userId });
    await report(parts, call, { name: 'media_joined', userId, session });
  }
  for (const { userId, session } of gone.filter((one) => goneBefore.has(one.session.sid))) {
    found(parts, 'gone_user', { callId: call.id, userId });
    await report(parts, call, { name: 'media_left', userId, session, replaced: false });
  }
  return gone.map(({ session }) => session.sid);
};

/** All of them are looked into, also when one fails: none must still be under way when the look ends. */
const allOf = async <Result>(works: readonly Promise<Result>[]): Promise<Result[]> => {
  await Promise.allSettled(works);
  return Promise.all(works);
};

/** Makes lost rooms again and looks who is in the others. Returns the sids of the sessions that were not there. */
export const lookIntoLiveRooms = async (
  parts: EngineParts,
  rooms: readonly LiveRoom[],
  listed: ReadonlySet<string>,
  goneBefore: ReadonlySet<string>,
): Promise<Set<string>> => {
  const gone = new Set<string>();
  await inSlices(rooms, async (slice) => {
    const loaded = await parts.store.loadMany(slice.map(({ callId }) => callId));
    const looks = loaded.map(({ call }) =>
      lookIntoRoom(parts, call, listed.has(call.roomName), goneBefore),
    );
    for (const sid of (await allOf(looks)).flat()) gone.add(sid);
    await parts.background.drained();
  });
  return gone;
};
