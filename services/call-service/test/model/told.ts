import type { RingStopCause } from '@ringline/contract';
import {
  activeUserIds,
  type Call,
  findParticipant,
  isActive,
  isRinging,
  type Participant,
} from '@ringline/domain';
import { toWireCall, toWireEvents } from '@ringline/engine';
import type { Commit, World } from './world.ts';

/** Something that a device has to hear, under its name. */
export interface Told {
  name: string;
  payload: object;
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}

function standingOf(call: Call | null, userId: string): Participant | undefined {
  return call === null ? undefined : findParticipant(call, userId);
}

function wasLive(call: Call | null, userId: string): boolean {
  const participant = standingOf(call, userId);
  return participant !== undefined && isActive(participant);
}

/**
 * STATES.md, Who sees what: those who are Live before or after it; for one who is removed, that is
 * the last.
 */
function eventsFor({ before, after, events }: Commit, userId: string): Told[] {
  if (!wasLive(before, userId) && !wasLive(after, userId)) return [];
  const told = toWireEvents(before, events);
  const removal = told.findIndex(
    (one) =>
      one.event === 'call:participant_left' && one.userId === userId && one.reason === 'removed',
  );
  const heard = removal < 0 ? told : told.slice(0, removal + 1);
  return heard.map(({ event, ...payload }) => ({ name: event, payload }));
}

function ringFor({ before, after }: Commit, userId: string): Told[] {
  const now = standingOf(after, userId);
  const known = standingOf(before, userId)?.rings ?? 0;
  if (now?.state !== 'invited' || now.rings === known) return [];
  const { id: callId, seq } = after;
  const ringExpiresAt = iso(now.ringExpiresAt ?? 0);
  return [
    { name: 'call:incoming', payload: { callId, seq, call: toWireCall(after), ringExpiresAt } },
  ];
}

/** Why the devices of one who was rung stop ringing (API.md, `call:ringing_stopped`). */
function causeOf({ state }: Participant, call: Call): RingStopCause {
  const { endReason } = call;
  if (state === 'declined' || state === 'busy') return 'declined_elsewhere';
  if (state === 'missed') return 'timeout';
  if (state === 'removed') return 'cancelled';
  if (state === 'cancelled') {
    const isCalledOff =
      endReason === 'cancelled' || (endReason === 'connection_lost' && call.state === 'cancelled');
    return isCalledOff ? 'cancelled' : 'ended';
  }
  return 'answered_elsewhere';
}

function ringEndFor({ before, after, byDevice }: Commit, userId: string, deviceId: string): Told[] {
  const [was, now] = [standingOf(before, userId), standingOf(after, userId)];
  if (was === undefined || !isRinging(was) || now === undefined || isRinging(now)) return [];
  // The device that answered, or declined, knows it already.
  if (byDevice?.userId === userId && byDevice.deviceId === deviceId) return [];
  const { id: callId, seq } = after;
  return [{ name: 'call:ringing_stopped', payload: { callId, seq, cause: causeOf(now, after) } }];
}

/** They were to be rung, and are in another call. */
function missedBusyFor({ before, after, refusedBusy }: Commit, userId: string): Told[] {
  const now = standingOf(after, userId);
  const isNew = (now?.rings ?? 0) > (standingOf(before, userId)?.rings ?? 0);
  const wasRecorded = now?.state === 'busy' && isNew && after.state !== 'failed';
  if (!wasRecorded && !refusedBusy.includes(userId)) return [];
  return [{ name: 'call:missed_busy', payload: { callId: after.id, call: toWireCall(after) } }];
}

function warningsFor({ after, events }: Commit, userId: string): Told[] {
  return activeUserIds(after).includes(userId)
    ? events
        .filter((event) => event.name === 'call:ending_soon')
        .map(({ name, expiresAt, reason }) => ({
          name,
          payload: { callId: after.id, at: iso(expiresAt), reason },
        }))
    : [];
}

/** All that a device of a user, connected throughout, hears of what happened in this world. */
export function toldTo({ commits }: World, userId: string, deviceId: string): Told[] {
  return commits.flatMap((commit) => [
    ...ringFor(commit, userId),
    ...eventsFor(commit, userId),
    ...ringEndFor(commit, userId, deviceId),
    ...missedBusyFor(commit, userId),
    ...warningsFor(commit, userId),
  ]);
}
