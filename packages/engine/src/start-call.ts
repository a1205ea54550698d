import {
  answersExisting,
  type Call,
  type Claims,
  decide,
  type Instant,
  NO_CLAIMS,
  type Refusal,
  type Start,
  start,
} from '@ringline/domain';
import type { Loaded } from '@ringline/store';
import { v7 as uuidv7 } from 'uuid';
import { claimsOf } from './claims.ts';
import { roomTimeoutsOf } from './effects.ts';
import type { EngineParts, IdempotencyRequest, Origin, Outcome } from './engine.ts';
import { recall, recallFailedAttempt } from './idempotency.ts';
import { newRoomName } from './room-name.ts';
import { beforeRetry, MAX_ATTEMPTS } from './run-command.ts';
import { save } from './save.ts';

/** A start as a host app asks for it; ids, claims and the room are the engine's. */
export type StartRequest = Omit<Start, 'name' | 'callId' | 'roomName' | 'claims' | 'mediaRefused'>;

/** The call that this start answers, where both called each other. */
async function callToAnswer(
  parts: EngineParts,
  command: Start,
  claims: Claims,
): Promise<Loaded | null> {
  const callId = claims.get(command.initiator.userId);
  if (callId === undefined) return null;
  const loaded = await parts.store.load(callId);
  return loaded !== null && answersExisting(loaded.call, command) ? loaded : null;
}

/**
 * Both called each other: this start becomes an accept of the other call, just as it was found. Null when it is over
 * by now, or somebody else has decided on it meanwhile.
 */
async function merge(
  parts: EngineParts,
  { call: before, version, now }: Loaded,
  { initiator: person, deviceId }: Start,
  origin: Origin,
  idempotency: IdempotencyRequest | undefined,
): Promise<Outcome | null> {
  const how = { takeover: false, rejoin: false, claims: NO_CLAIMS };
  const decision = decide(before, { name: 'join', person, deviceId, ...how }, now);
  if (decision.refusal !== null) return null;
  const merged = { status: 200, merged: true };
  const attached = idempotency && { idempotency: { ...idempotency, ...merged } };
  const saved = await save(parts, { ...decision, before, version }, origin, attached ?? {});
  return saved === 'committed' ? { refusal: null, call: decision.call, ...merged } : null;
}

async function opensRoom(parts: EngineParts, call: Call): Promise<boolean> {
  try {
    await parts.media.openRoom(call.roomName, roomTimeoutsOf(call));
    return true;
  } catch (error) {
    parts.logger.error('LiveKit refused a room', { callId: call.id, error });
    return false;
  }
}

/** Decides the start; where it would ring, makes the room first, for a ring without one is no call. */
async function decideStart(
  parts: EngineParts,
  command: Start,
  now: Instant,
  room: { opened: boolean },
) {
  const decision = start(command, now);
  if (decision.call === null || decision.refusal !== null || room.opened) return decision;
  room.opened = await opensRoom(parts, decision.call);
  return room.opened ? decision : start({ ...command, mediaRefused: true }, now);
}

function refused(refusal: Refusal | null): Outcome {
  if (refusal === null) throw new Error('a start without a call was not refused');
  return { refusal, call: null };
}

async function attemptStart(
  parts: EngineParts,
  command: Start,
  room: { opened: boolean },
  origin: Origin,
  idempotency: IdempotencyRequest | undefined,
): Promise<Outcome> {
  const userIds = [command.initiator.userId, ...command.participantIds];
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const replay = await recall(parts, idempotency);
    if (replay !== null) return replay;
    const { now, claims } = await claimsOf(parts, userIds, null);
    const existing = await callToAnswer(parts, command, claims);
    if (existing !== null) {
      const merged = await merge(parts, existing, command, origin, idempotency);
      if (merged !== null) return merged;
      await beforeRetry(parts, 'merge_missed', attempt);
      continue;
    }
    const { call, events, refusal } = await decideStart(parts, { ...command, claims }, now, room);
    if (call === null) {
      // Of equal requests at once, another may have started the call that now makes this one busy.
      return (await recall(parts, idempotency)) ?? refused(refusal);
    }
    const failedBefore = await recallFailedAttempt(parts, idempotency, refusal);
    if (failedBefore !== null) return failedBefore;
    const decided = { before: null, version: null, call, events, effects: [], refusal };
    const saved = await save(parts, decided, origin, idempotency ? { idempotency } : {});
    if (saved === 'committed') {
      return refusal === null
        ? { refusal: null, call, status: idempotency?.status ?? 201, merged: false }
        : { refusal, call };
    }
    await beforeRetry(parts, saved, attempt);
  }
  throw new Error(`start found no moment to commit in ${MAX_ATTEMPTS} attempts`);
}

/**
 * Starts a call: the room first, then one commit that claims the users, starts the call and rings.
 * A claim lost to another start at the same moment means: look again and decide again. A room that was
 * made for a start that came to nothing is closed again.
 */
export async function startCall(
  parts: EngineParts,
  request: StartRequest,
  origin: Origin,
  idempotency?: IdempotencyRequest,
): Promise<Outcome> {
  const command: Start = {
    ...request,
    name: 'start',
    callId: uuidv7(),
    roomName: newRoomName(await parts.store.deploymentId()),
    claims: NO_CLAIMS,
    mediaRefused: false,
  };
  const room = { opened: false };
  const outcome = await attemptStart(parts, command, room, origin, idempotency);
  const began = outcome.refusal === null && outcome.call.id === command.callId;
  if (room.opened && !began) {
    parts.background.queue('LiveKit close_room', { callId: command.callId }, () =>
      parts.media.closeRoom(command.roomName),
    );
  }
  return outcome;
}
