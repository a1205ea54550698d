import {
  type Call,
  decide,
  start as decideOnStart,
  type Instant,
  isGlare,
  NO_BUSY_USERS,
  type Start,
} from '@ringline/domain';
import type { Loaded } from '@ringline/store';
import { v7 as uuidv7 } from 'uuid';
import type { Decided, Engine, IdempotencyRequest, Outcome } from '../engine.ts';
import { newRoomName } from '../media/room-name.ts';
import { findBusyUsers } from './busy-users.ts';
import { getRoomTimeouts } from './effects.ts';
import { findFailedAttempt, findIdempotent } from './idempotency.ts';

/** A start as requested. The engine adds the ids, the room and the busy users. */
export type StartRequest = Omit<
  Start,
  'name' | 'callId' | 'roomName' | 'busyUsers' | 'mediaRefused'
>;

export interface StartChange {
  start: Start;
  /** The room is created once, even if the start is attempted repeatedly. */
  roomCreated: boolean;
}

export async function prepareStart(engine: Engine, request: StartRequest): Promise<StartChange> {
  const start: Start = {
    ...request,
    name: 'start',
    callId: uuidv7(),
    roomName: newRoomName(await engine.store.getDeploymentId()),
    busyUsers: NO_BUSY_USERS,
    mediaRefused: false,
  };
  return { start, roomCreated: false };
}

/** The other call, if both users called each other. */
async function findGlaringCall(engine: Engine, start: Start): Promise<Loaded | null> {
  const callId = start.busyUsers.get(start.initiator.userId);
  if (callId === undefined) return null;
  const loaded = await engine.store.load(callId);
  return loaded !== null && isGlare(loaded.call, start) ? loaded : null;
}

/** The start becomes an accept of the other call. Null if that call cannot be accepted any more. */
function resolveGlare(
  { call: before, version, now }: Loaded,
  { initiator: person, deviceId }: Start,
): Decided | null {
  const how = { takeover: false, rejoin: false, busyUsers: NO_BUSY_USERS };
  const decision = decide(before, { name: 'join', person, deviceId, ...how }, now);
  return decision.refusal === null ? { ...decision, before, version, merged: true } : null;
}

async function createRoom(engine: Engine, call: Call): Promise<boolean> {
  try {
    await engine.media.createRoom(call.roomName, getRoomTimeouts(call));
    return true;
  } catch (error) {
    engine.logger.error('LiveKit refused a room', { callId: call.id, error });
    return false;
  }
}

/** Creates the room before anyone rings, so that every ringing call can carry media. */
async function decideWithRoom(engine: Engine, change: StartChange, start: Start, now: Instant) {
  const decision = decideOnStart(start, now);
  if (decision.call === null || decision.refusal !== null || change.roomCreated) return decision;
  change.roomCreated = await createRoom(engine, decision.call);
  return change.roomCreated ? decision : decideOnStart({ ...start, mediaRefused: true }, now);
}

/** Finds busy users and decides the start, or resolves the glare with the other call. */
export async function decideStart(
  engine: Engine,
  change: StartChange,
  idempotency: IdempotencyRequest | undefined,
): Promise<{ decided: Decided } | { outcome: Outcome } | { lost: { outcome: 'glare_missed' } }> {
  const { initiator, participantIds } = change.start;
  const userIds = [initiator.userId, ...participantIds];
  const { now, busyUsers } = await findBusyUsers(engine, userIds, null);
  const start = { ...change.start, busyUsers };
  const glaring = await findGlaringCall(engine, start);
  if (glaring !== null) {
    const decided = resolveGlare(glaring, start);
    return decided === null ? { lost: { outcome: 'glare_missed' } } : { decided };
  }
  const { call, events, refusal } = await decideWithRoom(engine, change, start, now);
  if (call === null) {
    // A repeat of the same request may have started the call that makes the user busy.
    const repeated = await findIdempotent(engine, idempotency);
    if (repeated !== null) return { outcome: repeated };
    if (refusal === null) throw new Error('a start without a call was not refused');
    return { outcome: { refusal, call } };
  }
  const failedBefore = await findFailedAttempt(engine, idempotency, refusal);
  if (failedBefore !== null) return { outcome: failedBefore };
  return { decided: { before: null, version: null, call, events, effects: [], refusal } };
}

/** Deletes the room of a start that began no call of its own. */
export function deleteUnusedRoom(engine: Engine, change: StartChange, outcome: Outcome): void {
  const { callId, roomName } = change.start;
  const isUsed = outcome.refusal === null && outcome.call.id === callId;
  if (!change.roomCreated || isUsed) return;
  engine.backgroundTasks.queue('LiveKit delete_room', { callId }, () =>
    engine.media.deleteRoom(roomName),
  );
}
