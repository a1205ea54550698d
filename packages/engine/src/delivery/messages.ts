import type * as wire from '@ringline/contract';
import { getRingStopCause } from '@ringline/contract';
import {
  activeUserIds,
  type Call,
  type CallEvent,
  findParticipant,
  isRinging,
  type Participant,
} from '@ringline/domain';
import type { OutboxMessage } from '@ringline/store';
import type { Decided } from '../engine.ts';
import { toWireCall } from '../wire.ts';

/** Everyone who is active before or after the commit: docs/call-rules.md, Who sees what. */
function getAudience(before: Call | null, after: Call): string[] {
  return [...new Set([...(before === null ? [] : activeUserIds(before)), ...activeUserIds(after)])];
}

/** The last event that a user receives: for a removed user, their `call:participant_left`. */
function getLastSeq(userId: string, events: readonly wire.CallEvent[]): number {
  return (
    events.find(
      (event) =>
        event.event === 'call:participant_left' &&
        event.userId === userId &&
        event.reason === 'removed',
    )?.seq ?? Number.POSITIVE_INFINITY
  );
}

function eventMessages(audience: string[], events: readonly wire.CallEvent[]): OutboxMessage[] {
  const lastSeq = new Map(audience.map((userId) => [userId, getLastSeq(userId, events)]));
  return events.map(({ event, ...payload }) => ({
    event,
    payload,
    to: audience.filter((userId) => payload.seq <= (lastSeq.get(userId) ?? 0)),
  }));
}

/** A ring. It is sent again every two seconds until a device acknowledges it. */
export function incomingMessage(call: Call, participant: Participant): OutboxMessage {
  return {
    event: 'call:incoming',
    payload: {
      callId: call.id,
      seq: call.seq,
      call: toWireCall(call),
      ringExpiresAt: new Date(participant.ringExpiresAt ?? participant.invitedAt).toISOString(),
    },
    to: [participant.userId],
  };
}

function wasRinging(before: Call | null, userId: string): boolean {
  const participant = before === null ? undefined : findParticipant(before, userId);
  return participant !== undefined && isRinging(participant);
}

function ringStops(before: Call | null, after: Call, byDevice: Device | null): OutboxMessage[] {
  return after.participants
    .filter((participant) => wasRinging(before, participant.userId) && !isRinging(participant))
    .map((participant) => ({
      event: 'call:ringing_stopped',
      payload: {
        callId: after.id,
        seq: after.seq,
        cause: getRingStopCause(after, participant.state),
      },
      to: [participant.userId],
      ...(byDevice?.userId === participant.userId && { exceptDevice: byDevice }),
    }));
}

function newRings(before: Call | null, after: Call): OutboxMessage[] {
  return after.participants
    .filter(({ state, rings, userId }) => {
      const known = before === null ? undefined : findParticipant(before, userId);
      return state === 'invited' && rings > (known?.rings ?? 0);
    })
    .map((participant) => incomingMessage(after, participant));
}

/** The users whom this commit invited and found in another call. None if LiveKit failed. */
function newlyBusy(before: Call | null, after: Call): string[] {
  return after.state === 'failed'
    ? []
    : after.participants
        .filter(({ state, rings, userId }) => {
          const known = before === null ? undefined : findParticipant(before, userId);
          return state === 'busy' && rings > (known?.rings ?? 0);
        })
        .map(({ userId }) => userId);
}

function missedBusy(call: Call, userIds: readonly string[]): OutboxMessage[] {
  return userIds.map((userId) => ({
    event: 'call:missed_busy',
    payload: { callId: call.id, call: toWireCall(call) },
    to: [userId],
  }));
}

function warnings(after: Call, events: readonly CallEvent[]): OutboxMessage[] {
  return events
    .filter((event) => event.name === 'call:ending_soon')
    .map(({ expiresAt, reason }) => ({
      event: 'call:ending_soon',
      payload: { callId: after.id, at: new Date(expiresAt).toISOString(), reason },
      to: activeUserIds(after),
    }));
}

/** The device that acted. It stops ringing by itself. */
export interface Device {
  userId: string;
  deviceId: string;
}

/** All messages of a commit in the order of sending. Rings go first, since people wait for them. */
export function toOutbox(
  { before, call: after, events, refusedBusy = [] }: Decided,
  wireEvents: readonly wire.CallEvent[],
  byDevice: Device | null,
): OutboxMessage[] {
  return [
    ...newRings(before, after),
    ...eventMessages(getAudience(before, after), wireEvents),
    ...ringStops(before, after, byDevice),
    ...missedBusy(after, [...newlyBusy(before, after), ...refusedBusy]),
    ...warnings(after, events),
  ].filter(({ to }) => to.length > 0);
}
