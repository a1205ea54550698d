import type { Call } from '@ringline/domain';
import {
  type CommandRequest,
  createOrigin,
  type Engine,
  type RoomParticipant,
  runCommand,
} from '@ringline/engine';
import type { LiveRoom } from '@ringline/store';
import type { Lease } from '../lease.ts';
import { findDifferences } from './differences.ts';
import { found } from './found.ts';

/** Rooms that LiveKit is asked about at the same time. */
const AT_ONCE = 16;

async function report(engine: Engine, { id }: Call, command: CommandRequest): Promise<void> {
  await runCommand(engine, id, command, createOrigin('reconciler'));
}

/**
 * Null if LiveKit lists the room but not its participants: the node that had the room has crashed or does not answer in time.
 * Then no participant is known to be gone.
 */
async function listParticipants(engine: Engine, call: Call): Promise<RoomParticipant[] | null> {
  try {
    return await engine.media.listParticipants(call.roomName);
  } catch (error) {
    engine.logger.warn('LiveKit does not list the participants of a room', {
      callId: call.id,
      error,
    });
    return null;
  }
}

/** Also reports users who must not be there: the state machine removes them. */
async function reportPresent(
  engine: Engine,
  call: Call,
  users: readonly RoomParticipant[],
  kind: 'present_user' | 'forbidden_user',
  listed = false,
): Promise<void> {
  for (const { userId, session } of users) {
    found(engine, kind, { callId: call.id, userId });
    await report(engine, call, { name: 'media_joined', userId, session, listed });
  }
}

/** Sids of sessions about which LiveKit is believed only after a second look. */
export interface DoubtedSessions {
  /** Joined in our calls, and missing in LiveKit. */
  gone: readonly string[];
  /** In LiveKit, although they should be over. */
  listed: readonly string[];
}

function toSids(users: readonly { session: { sid: string } }[]): string[] {
  return users.map(({ session }) => session.sid);
}

/** Compares one live call with its room. Returns the sessions that need a second look. */
async function lookIntoRoom(
  engine: Engine,
  call: Call,
  isListed: boolean,
  before: DoubtedSessions,
): Promise<DoubtedSessions> {
  const users = isListed ? await listParticipants(engine, call) : null;
  if (users === null) {
    found(engine, isListed ? 'unreadable_room' : 'lost_room', { callId: call.id });
    await report(engine, call, { name: 'room_lost' });
    return { gone: [], listed: [] };
  }
  const { present, doubted, forbidden, gone } = findDifferences(call, users);
  await reportPresent(engine, call, present, 'present_user');
  const listedAgain = doubted.filter(({ session }) => before.listed.includes(session.sid));
  await reportPresent(engine, call, listedAgain, 'present_user', true);
  await reportPresent(engine, call, forbidden, 'forbidden_user');
  for (const { userId, session } of gone.filter((one) => before.gone.includes(one.session.sid))) {
    found(engine, 'gone_user', { callId: call.id, userId });
    await report(engine, call, { name: 'media_left', userId, session, replaced: false });
  }
  return { gone: toSids(gone), listed: toSids(doubted) };
}

/** Waits for all of them, even if one fails: a look must leave nothing under way. */
async function settleAll<Result>(works: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

export interface LookAtRooms {
  rooms: readonly LiveRoom[];
  /** The names of the rooms that LiveKit lists. */
  listed: ReadonlySet<string>;
  before: DoubtedSessions;
  stopping: AbortSignal;
}

/**
 * Makes lost rooms again and compares who is in the others, sixteen rooms at a time. It renews the lease before each sixteen and
 * ends when the lease is lost. Returns the sessions that need a second look.
 */
export async function lookIntoLiveRooms(
  engine: Engine,
  lease: Lease,
  { rooms, listed, before, stopping }: LookAtRooms,
): Promise<DoubtedSessions> {
  const doubted: DoubtedSessions[] = [];
  for (let start = 0; start < rooms.length; start += AT_ONCE) {
    if (stopping.aborted || !(await lease.take())) break;
    const slice = rooms.slice(start, start + AT_ONCE);
    const loaded = await engine.store.loadMany(slice.map(({ callId }) => callId));
    const looks = loaded.map(({ call }) =>
      lookIntoRoom(engine, call, listed.has(call.roomName), before),
    );
    doubted.push(...(await settleAll(looks)));
    await engine.backgroundTasks.drained();
  }
  return {
    gone: doubted.flatMap(({ gone }) => gone),
    listed: doubted.flatMap(({ listed: sids }) => sids),
  };
}
