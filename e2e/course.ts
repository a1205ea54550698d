import { isDeepStrictEqual } from 'node:util';
import { applyEvent } from '@ringline/client';
import type { Call, CallEvent, Connection, Participant } from '@ringline/contract';
import { type Attendance, attendRoom } from '@ringline/testing/room';
import { until } from '@ringline/testing/until';
import type { Stack } from './stack.ts';
import { createUser, type Device, findMisfits, type InCall, type User } from './user.ts';

interface Follower {
  readonly user: User;
  readonly device: Device;
  /** Snapshots of calls in answers to this user's requests. */
  readonly answers: Call[];
  connection: Connection | null;
  seat: Attendance | null;
}

/** One call of real users. Each user is followed on one device. */
export interface Course {
  readonly callId: string;
  /** Gives a command, then waits until everyone's events fold to the server's call. */
  by(userId: string, act: (user: User, callId: string) => Promise<Call | InCall>): Promise<void>;
  /** Sends an event over the user's socket, then waits in the same way. */
  emits(userId: string, event: string, payload: object): Promise<void>;
  /** Lets users join the room of the call, then waits in the same way. */
  sit(...userIds: string[]): Promise<void>;
  /** Ends a user's media without telling the call service, then waits in the same way. */
  losesMedia(userId: string): Promise<void>;
  /** Waits until everyone's events fold to the server's call, and the call is in this state. */
  settlesAt(state: Call['state'], also?: (call: Call) => boolean): Promise<Call>;
  close(): Promise<void>;
}

const ACTIVE: readonly Participant['state'][] = [
  'invited',
  'ringing',
  'joining',
  'joined',
  'reconnecting',
];

/** Distributes the users over the call services. */
export async function openCourse(stack: Stack, ...userIds: string[]): Promise<Course> {
  const urls = [stack.callService, ...stack.replicas].map(({ url }) => url);
  const followers = new Map(
    await Promise.all(
      userIds.map(async (userId, index): Promise<[string, Follower]> => {
        const user = await createUser(stack, userId, urls[index % urls.length]);
        const device = await user.connect({ deviceId: `device-of-${userId}` });
        return [userId, { user, device, answers: [], connection: null, seat: null }];
      }),
    ),
  );
  const [first] = followers.values();
  if (first === undefined) throw new Error('a course needs users');
  let callId = '';

  const findFollower = (userId: string): Follower => {
    const follower = followers.get(userId);
    if (follower === undefined) throw new Error(`${userId} is not in this course`);
    return follower;
  };

  /** Describes the first difference from the server; null if there is none. */
  const findDifference = async (): Promise<string | null> => {
    const [call, record] = [await first.user.call(callId), await first.user.events(callId)];
    const recorded = foldRecord(record);
    if (!isSame(recorded, call)) return differing('the record', recorded, call);
    for (const follower of followers.values()) {
      const { id } = follower.user;
      const folded = foldHeard(follower, callId);
      const expected = isActive(call, id) ? call : foldRecord(record, folded?.seq ?? 0);
      if (findParticipant(call, id) === undefined && folded === null) continue;
      if (!isSame(folded, expected)) return differing(id, folded, expected);
      const [heard, kept] = alike(findParticipant(expected, id), findParticipant(call, id));
      if (!isDeepStrictEqual(heard, kept)) {
        return `${id} was not told how they left`;
      }
    }
    return null;
  };

  const settles = async (): Promise<void> => {
    let last: string | null = null;
    const agree = async () => {
      last = await findDifference();
      return last === null;
    };
    await until("everyone's events fold to the server's call", agree, 15_000).catch((error) => {
      throw new Error(last ?? 'unknown', { cause: error });
    });
  };

  const close = async () => {
    for (const { seat, device } of followers.values()) {
      await seat?.leave();
      device.close();
    }
    const faults = [...followers.values()].flatMap(({ device }) => findMisfits(device));
    if (faults.length > 0) throw new Error(faults.join('\n'));
  };

  return {
    get callId() {
      return callId;
    },
    by: async (userId, act) => {
      const follower = findFollower(userId);
      const answer = await act(follower.user, callId);
      const call = 'connection' in answer ? answer.call : answer;
      if ('connection' in answer) follower.connection = answer.connection;
      // A start's first event has the whole snapshot. Using the answer would hide a lost event.
      if (callId === call.id) follower.answers.push(call);
      callId = call.id;
      await settles();
    },
    emits: async (userId, event, payload) => {
      const { socket } = findFollower(userId).device;
      const answer = await socket.timeout(10_000).emitWithAck(event, { callId, ...payload });
      if (!answer.ok) throw new Error(`${event}: ${answer.error.code}`);
      await settles();
    },
    sit: async (...ids) => {
      for (const follower of ids.map(findFollower)) {
        if (follower.connection === null) throw new Error('no connection');
        follower.seat = await attendRoom(follower.connection);
      }
      await until('they have joined', async () => {
        const call = await first.user.call(callId);
        return ids.every((id) => findParticipant(call, id)?.state === 'joined');
      });
      await settles();
    },
    losesMedia: async (userId) => {
      const follower = findFollower(userId);
      await follower.seat?.leave();
      follower.seat = null;
      await until('the call service notices it', async () => {
        const call = await first.user.call(callId);
        return findParticipant(call, userId)?.state !== 'joined';
      });
      await settles();
    },
    settlesAt: async (state, also = () => true) => {
      const call = await until(`the call is ${state}`, async () => {
        const now = await first.user.call(callId);
        return now.state === state && also(now) && now;
      });
      await settles();
      return call;
    },
    close,
  };
}

function findParticipant(call: Call | null, userId: string): Participant | undefined {
  return call?.participants.find((one) => one.userId === userId);
}

function isActive(call: Call, userId: string): boolean {
  const participant = findParticipant(call, userId);
  return participant !== undefined && ACTIVE.includes(participant.state);
}

/** Ignores the device if one of the two is from release 0.1, which has none. */
function alike(one: Participant | undefined, other: Participant | undefined) {
  if (one === undefined || other === undefined) return [one, other];
  if ('deviceHash' in one && 'deviceHash' in other) return [one, other];
  return [withoutDevice(one), withoutDevice(other)];
}

function withoutDevice({ deviceHash: _untold, ...others }: Participant): Participant {
  return others;
}

function isSame(one: Call | null, other: Call | null): boolean {
  if (one === null || other === null) return one === other;
  const pairs = one.participants.map((participant, index) =>
    alike(participant, other.participants[index]),
  );
  const [ofOne, ofOther] = [0, 1].map((side) => pairs.map((pair) => pair[side]));
  return (
    one.participants.length === other.participants.length &&
    isDeepStrictEqual({ ...one, participants: ofOne }, { ...other, participants: ofOther })
  );
}

/** Folds the record from its first event up to `lastSeq`. */
function foldRecord(record: readonly CallEvent[], lastSeq = Number.POSITIVE_INFINITY): Call | null {
  let call: Call | null = null;
  for (const event of record.filter(({ seq }) => seq <= lastSeq)) {
    if (event.seq !== (call?.seq ?? 0) + 1) throw new Error(`the record has a gap at ${event.seq}`);
    if (call !== null) call = applyEvent(call, event);
    else if (event.event === 'call:started') call = event.call;
  }
  return call;
}

/**
 * Folds what a device has heard, from its first snapshot on. A device whose user left and returned
 * begins again, with the snapshot that it was given then.
 */
function foldHeard({ user, device, answers }: Follower, callId: string): Call | null {
  const events = new Map(device.events(callId).map((event) => [event.seq, event]));
  const snapshots = [...answers, ...listSnapshots(device)]
    .filter(({ id }) => id === callId)
    .toSorted((a, b) => a.seq - b.seq);
  let call = snapshots[0] ?? null;
  while (call !== null) {
    const { seq }: Call = call;
    const next = events.get(seq + 1);
    const restart = isActive(call, user.id) ? undefined : snapshots.find((one) => one.seq > seq);
    if (next) call = applyEvent(call, next);
    else if (restart) call = restart;
    else break;
  }
  return call;
}

/** Those in `call:started`, `call:incoming` and `call:ended`. */
function listSnapshots({ heard }: Device): Call[] {
  return heard.flatMap(({ payload }) => (payload.call ? [payload.call as Call] : []));
}

function differing(who: string, folded: Call | null, expected: Call | null): string {
  const show = (call: Call | null) => JSON.stringify(call, null, 1);
  return `${who} has\n${show(folded)}\ninstead of\n${show(expected)}`;
}
