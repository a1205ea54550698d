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

/** A message that a device must receive, with its name. */
export interface Message {
  name: string;
  payload: object;
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}

function participantIn(call: Call | null, userId: string): Participant | undefined {
  return call === null ? undefined : findParticipant(call, userId);
}

function isActiveIn(call: Call | null, userId: string): boolean {
  const participant = participantIn(call, userId);
  return participant !== undefined && isActive(participant);
}

/**
 * docs/call-rules.md, "Who sees what": the users who are active before or after the commit; for a
 * removed user, the removal is the last event.
 */
function eventsFor({ before, after, events }: Commit, userId: string): Message[] {
  if (!isActiveIn(before, userId) && !isActiveIn(after, userId)) return [];
  const wireEvents = toWireEvents(before, events);
  const removal = wireEvents.findIndex(
    (one) =>
      one.event === 'call:participant_left' && one.userId === userId && one.reason === 'removed',
  );
  const heard = removal < 0 ? wireEvents : wireEvents.slice(0, removal + 1);
  return heard.map(({ event, ...payload }) => ({ name: event, payload }));
}

function ringFor({ before, after }: Commit, userId: string): Message[] {
  const now = participantIn(after, userId);
  const known = participantIn(before, userId)?.rings ?? 0;
  if (now?.state !== 'invited' || now.rings === known) return [];
  const { id: callId, seq } = after;
  const ringExpiresAt = iso(now.ringExpiresAt ?? 0);
  return [
    { name: 'call:incoming', payload: { callId, seq, call: toWireCall(after), ringExpiresAt } },
  ];
}

/**
 * The cause of `call:ringing_stopped` for the devices of a user who was ringing
 * (docs/call-rules.md).
 */
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

function ringEndFor(
  { before, after, byDevice }: Commit,
  userId: string,
  deviceId: string,
): Message[] {
  const [was, now] = [participantIn(before, userId), participantIn(after, userId)];
  if (was === undefined || !isRinging(was) || now === undefined || isRinging(now)) return [];
  // The device that answered or declined needs no notice.
  if (byDevice?.userId === userId && byDevice.deviceId === deviceId) return [];
  const { id: callId, seq } = after;
  return [{ name: 'call:ringing_stopped', payload: { callId, seq, cause: causeOf(now, after) } }];
}

/** Users who would have been rung, but are in another call. */
function missedBusyFor({ before, after, refusedBusy }: Commit, userId: string): Message[] {
  const now = participantIn(after, userId);
  const isNew = (now?.rings ?? 0) > (participantIn(before, userId)?.rings ?? 0);
  const wasRecorded = now?.state === 'busy' && isNew && after.state !== 'failed';
  if (!wasRecorded && !refusedBusy.includes(userId)) return [];
  return [{ name: 'call:missed_busy', payload: { callId: after.id, call: toWireCall(after) } }];
}

function warningsFor({ after, events }: Commit, userId: string): Message[] {
  return activeUserIds(after).includes(userId)
    ? events
        .filter((event) => event.name === 'call:ending_soon')
        .map(({ name, expiresAt, reason }) => ({
          name,
          payload: { callId: after.id, at: iso(expiresAt), reason },
        }))
    : [];
}

/** Lists all messages for a user's device that is connected throughout. */
export function listMessages({ commits }: World, userId: string, deviceId: string): Message[] {
  return commits.flatMap((commit) => [
    ...ringFor(commit, userId),
    ...eventsFor(commit, userId),
    ...ringEndFor(commit, userId, deviceId),
    ...missedBusyFor(commit, userId),
    ...warningsFor(commit, userId),
  ]);
}
