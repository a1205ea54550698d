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
import { reportDrift } from './drift.ts';

/** Rooms that are compared at the same time. */
const AT_ONCE = 16;

async function run(engine: Engine, { id }: Call, command: CommandRequest): Promise<void> {
  await runCommand(engine, id, command, createOrigin('reconciler'));
}

/**
 * Returns null if LiveKit lists the room but not its participants: the node with the room has
 * crashed or does not answer in time. Then no participant counts as missing.
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

/** Reports users in the room. The state machine removes those who are not in the call. */
async function reportPresent(
  engine: Engine,
  call: Call,
  users: readonly RoomParticipant[],
  kind: 'present_user' | 'forbidden_user',
  listed = false,
): Promise<void> {
  for (const { userId, session } of users) {
    reportDrift(engine, kind, { callId: call.id, userId });
    await run(engine, call, { name: 'media_joined', userId, session, listed });
  }
}

/** Sids of sessions whose difference counts only if the next comparison finds it again. */
export interface UnconfirmedSessions {
  /** Joined in our calls, but not listed by LiveKit. */
  missing: readonly string[];
  /** Listed by LiveKit, although they should have ended. */
  stale: readonly string[];
}

function toSids(users: readonly { session: { sid: string } }[]): string[] {
  return users.map(({ session }) => session.sid);
}

/** Compares one active call with its room. Returns the unconfirmed sessions. */
async function compareRoom(
  engine: Engine,
  call: Call,
  isListed: boolean,
  before: UnconfirmedSessions,
): Promise<UnconfirmedSessions> {
  const users = isListed ? await listParticipants(engine, call) : null;
  if (users === null) {
    reportDrift(engine, isListed ? 'unreadable_room' : 'lost_room', { callId: call.id });
    await run(engine, call, { name: 'room_lost' });
    return { missing: [], stale: [] };
  }
  const { present, stale, forbidden, missing } = findDifferences(call, users);
  await reportPresent(engine, call, present, 'present_user');
  const stillStale = stale.filter(({ session }) => before.stale.includes(session.sid));
  await reportPresent(engine, call, stillStale, 'present_user', true);
  await reportPresent(engine, call, forbidden, 'forbidden_user');
  const stillMissing = missing.filter(({ session }) => before.missing.includes(session.sid));
  for (const { userId, session } of stillMissing) {
    reportDrift(engine, 'gone_user', { callId: call.id, userId });
    await run(engine, call, { name: 'media_left', userId, session, replaced: false });
  }
  return { missing: toSids(missing), stale: toSids(stale) };
}

/** Waits for all of them even if one fails, so that nothing is still running afterwards. */
async function settleAll<Result>(promises: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

export interface RoomsToCompare {
  rooms: readonly LiveRoom[];
  /** The names of the rooms that LiveKit lists. */
  listed: ReadonlySet<string>;
  before: UnconfirmedSessions;
  stopping: AbortSignal;
}

/**
 * Creates lost rooms again and compares the others with their calls, sixteen rooms at a time.
 * Renews the lease before each sixteen and ends when the lease is lost. Returns the unconfirmed
 * sessions.
 */
export async function compareLiveRooms(
  engine: Engine,
  lease: Lease,
  { rooms, listed, before, stopping }: RoomsToCompare,
): Promise<UnconfirmedSessions> {
  const unconfirmed: UnconfirmedSessions[] = [];
  for (let start = 0; start < rooms.length; start += AT_ONCE) {
    if (stopping.aborted || !(await lease.take())) break;
    const slice = rooms.slice(start, start + AT_ONCE);
    const loaded = await engine.store.loadMany(slice.map(({ callId }) => callId));
    const comparisons = loaded.map(({ call }) =>
      compareRoom(engine, call, listed.has(call.roomName), before),
    );
    unconfirmed.push(...(await settleAll(comparisons)));
    await engine.backgroundTasks.drained();
  }
  return {
    missing: unconfirmed.flatMap(({ missing }) => missing),
    stale: unconfirmed.flatMap(({ stale }) => stale),
  };
}
