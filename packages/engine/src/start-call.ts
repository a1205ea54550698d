import {
  type BusyUsers,
  type Call,
  decide,
  type Instant,
  isGlare,
  NO_BUSY_USERS,
  type Refusal,
  type Start,
  start,
} from '@ringline/domain';
import type { Loaded } from '@ringline/store';
import { v7 as uuidv7 } from 'uuid';
import { findBusyUsers } from './busy-users.ts';
import { getRoomTimeouts } from './effects.ts';
import type { Engine, IdempotencyRequest, Origin, Outcome } from './engine.ts';
import { findFailedAttempt, findIdempotent } from './idempotency.ts';
import { newRoomName } from './room-name.ts';
import { MAX_ATTEMPTS, pauseBeforeRetry } from './run-command.ts';
import { save } from './save.ts';

/** A start as a host app asks for it; ids, busy users and the room are the engine's. */
export type StartRequest = Omit<
  Start,
  'name' | 'callId' | 'roomName' | 'busyUsers' | 'mediaRefused'
>;

/** The call that this start answers, where both called each other. */
async function findGlaringCall(
  parts: Engine,
  command: Start,
  busyUsers: BusyUsers,
): Promise<Loaded | null> {
  const callId = busyUsers.get(command.initiator.userId);
  if (callId === undefined) return null;
  const loaded = await parts.store.load(callId);
  return loaded !== null && isGlare(loaded.call, command) ? loaded : null;
}

/**
 * Both called each other: this start becomes an accept of the other call, just as it was found. Null when it is over
 * by now, or somebody else has decided on it meanwhile.
 */
async function resolveGlare(
  parts: Engine,
  { call: before, version, now }: Loaded,
  { initiator: person, deviceId }: Start,
  origin: Origin,
  idempotency: IdempotencyRequest | undefined,
): Promise<Outcome | null> {
  const how = { takeover: false, rejoin: false, busyUsers: NO_BUSY_USERS };
  const decision = decide(before, { name: 'join', person, deviceId, ...how }, now);
  if (decision.refusal !== null) return null;
  const merged = { status: 200, merged: true };
  const attached = idempotency && { idempotency: { ...idempotency, ...merged } };
  const saved = await save(parts, { ...decision, before, version }, origin, attached ?? {});
  return saved === 'committed' ? { refusal: null, call: decision.call, ...merged } : null;
}

async function createRoom(parts: Engine, call: Call): Promise<boolean> {
  try {
    await parts.media.createRoom(call.roomName, getRoomTimeouts(call));
    return true;
  } catch (error) {
    parts.logger.error('LiveKit refused a room', { callId: call.id, error });
    return false;
  }
}

/** Decides the start; where it would ring, makes the room first, for a ring without one is no call. */
async function decideStart(parts: Engine, command: Start, now: Instant, room: { opened: boolean }) {
  const decision = start(command, now);
  if (decision.call === null || decision.refusal !== null || room.opened) return decision;
  room.opened = await createRoom(parts, decision.call);
  return room.opened ? decision : start({ ...command, mediaRefused: true }, now);
}

function refused(refusal: Refusal | null): Outcome {
  if (refusal === null) throw new Error('a start without a call was not refused');
  return { refusal, call: null };
}

async function attemptStart(
  parts: Engine,
  command: Start,
  room: { opened: boolean },
  origin: Origin,
  idempotency: IdempotencyRequest | undefined,
): Promise<Outcome> {
  const userIds = [command.initiator.userId, ...command.participantIds];
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const replay = await findIdempotent(parts, idempotency);
    if (replay !== null) return replay;
    const { now, busyUsers } = await findBusyUsers(parts, userIds, null);
    const existing = await findGlaringCall(parts, command, busyUsers);
    if (existing !== null) {
      const merged = await resolveGlare(parts, existing, command, origin, idempotency);
      if (merged !== null) return merged;
      await pauseBeforeRetry(parts, 'glare_missed', attempt);
      continue;
    }
    const { call, events, refusal } = await decideStart(
      parts,
      { ...command, busyUsers },
      now,
      room,
    );
    if (call === null) {
      // Of equal requests at once, another may have started the call that now makes this one busy.
      return (await findIdempotent(parts, idempotency)) ?? refused(refusal);
    }
    const failedBefore = await findFailedAttempt(parts, idempotency, refusal);
    if (failedBefore !== null) return failedBefore;
    const decided = { before: null, version: null, call, events, effects: [], refusal };
    const saved = await save(parts, decided, origin, idempotency ? { idempotency } : {});
    if (saved === 'committed') {
      return refusal === null
        ? { refusal: null, call, status: idempotency?.status ?? 201, merged: false }
        : { refusal, call };
    }
    await pauseBeforeRetry(parts, saved, attempt);
  }
  throw new Error(`start found no moment to commit in ${MAX_ATTEMPTS} attempts`);
}

/**
 * Starts a call: the room first, then one commit that claims the users, starts the call and rings.
 * A claim lost to another start at the same moment means: look again and decide again. A room that was
 * made for a start that came to nothing is closed again.
 */
export async function startCall(
  parts: Engine,
  request: StartRequest,
  origin: Origin,
  idempotency?: IdempotencyRequest,
): Promise<Outcome> {
  const command: Start = {
    ...request,
    name: 'start',
    callId: uuidv7(),
    roomName: newRoomName(await parts.store.getDeploymentId()),
    busyUsers: NO_BUSY_USERS,
    mediaRefused: false,
  };
  const room = { opened: false };
  const outcome = await attemptStart(parts, command, room, origin, idempotency);
  const began = outcome.refusal === null && outcome.call.id === command.callId;
  if (room.opened && !began) {
    parts.background.queue('LiveKit delete_room', { callId: command.callId }, () =>
      parts.media.deleteRoom(command.roomName),
    );
  }
  return outcome;
}
