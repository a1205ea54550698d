import type { Call } from '@ringline/domain';
import {
  type CommandRequest,
  createOrigin,
  type Engine,
  type RoomParticipant,
  runCommand,
} from '@ringline/engine';
import type { LiveRoom } from '@ringline/store';
import { findDifferences } from './differences.ts';
import { found } from './found.ts';

/** So many rooms are looked into at a time: a thousand rooms are no thousand requests at once. */
const AT_ONCE = 16;

async function report(parts: Engine, { id }: Call, command: CommandRequest): Promise<void> {
  await runCommand(parts, id, command, createOrigin('reconciler'));
}

/**
 * Null where LiveKit lists the room and yet does not say who is in it. That is so when the node that had the room has
 * crashed, or does not answer in time; either way nobody is known to be gone.
 */
async function listParticipants(parts: Engine, call: Call): Promise<RoomParticipant[] | null> {
  try {
    return await parts.media.listParticipants(call.roomName);
  } catch (error) {
    parts.logger.warn('LiveKit does not say who is in a room', { callId: call.id, error });
    return null;
  }
}

/** Those who must not be there are reported in the same way: the machine has them evicted. */
async function reportPresent(
  parts: Engine,
  call: Call,
  users: readonly RoomParticipant[],
  kind: 'present_user' | 'forbidden_user',
  listed = false,
): Promise<void> {
  for (const { userId, session } of users) {
    found(parts, kind, { callId: call.id, userId });
    await report(parts, call, { name: 'media_joined', userId, session, listed });
  }
}

/** Sids of sessions where one look is not enough to believe what LiveKit says. */
export interface DoubtedSessions {
  /** We hold them for joined, and LiveKit does not have them. */
  gone: readonly string[];
  /** LiveKit has them, and they should be over. */
  listed: readonly string[];
}

function toSids(users: readonly { session: { sid: string } }[]): string[] {
  return users.map(({ session }) => session.sid);
}

/** Brings one live call and its room together. Returns what has to be seen once more. */
async function lookIntoRoom(
  parts: Engine,
  call: Call,
  isListed: boolean,
  before: DoubtedSessions,
): Promise<DoubtedSessions> {
  const users = isListed ? await listParticipants(parts, call) : null;
  if (users === null) {
    found(parts, isListed ? 'unreadable_room' : 'lost_room', { callId: call.id });
    await report(parts, call, { name: 'room_lost' });
    return { gone: [], listed: [] };
  }
  const { present, doubted, forbidden, gone } = findDifferences(call, users);
  await reportPresent(parts, call, present, 'present_user');
  const listedAgain = doubted.filter(({ session }) => before.listed.includes(session.sid));
  await reportPresent(parts, call, listedAgain, 'present_user', true);
  await reportPresent(parts, call, forbidden, 'forbidden_user');
  for (const { userId, session } of gone.filter((one) => before.gone.includes(one.session.sid))) {
    found(parts, 'gone_user', { callId: call.id, userId });
    await report(parts, call, { name: 'media_left', userId, session, replaced: false });
  }
  return { gone: toSids(gone), listed: toSids(doubted) };
}

/** All of them are looked into, also when one fails: none must still be under way when the look ends. */
async function allOf<Result>(works: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

/** Makes lost rooms again and looks who is in the others. Returns what has to be seen once more. */
export async function lookIntoLiveRooms(
  parts: Engine,
  rooms: readonly LiveRoom[],
  listed: ReadonlySet<string>,
  before: DoubtedSessions,
  stopping: AbortSignal,
): Promise<DoubtedSessions> {
  const doubted: DoubtedSessions[] = [];
  for (let start = 0; start < rooms.length && !stopping.aborted; start += AT_ONCE) {
    const slice = rooms.slice(start, start + AT_ONCE);
    const loaded = await parts.store.loadMany(slice.map(({ callId }) => callId));
    const looks = loaded.map(({ call }) =>
      lookIntoRoom(parts, call, listed.has(call.roomName), before),
    );
    doubted.push(...(await allOf(looks)));
    await parts.background.drained();
  }
  return {
    gone: doubted.flatMap(({ gone }) => gone),
    listed: doubted.flatMap(({ listed: sids }) => sids),
  };
}
