import { z } from 'zod';
import { syncAnswer } from './calls.ts';
import { callId, userId } from './identity.ts';
import { call, instant, participant } from './objects.ts';
import {
  callModes,
  callStates,
  declineReasons,
  endingSoonReasons,
  endReasons,
  leaveReasons,
  qualityDirections,
  qualityLevels,
  recommendations,
  ringStopCauses,
} from './states.ts';

const envelope = {
  callId,
  seq: z.number().int().positive().meta({ description: 'Gap-free within a call.' }),
  at: instant,
};
const ofUser = { ...envelope, userId, participant };

/**
 * `call:participant_left` -> `CallParticipantLeft`, since OpenAPI allows no colons in schema names.
 */
function toSchemaId(name: string): string {
  return name
    .split(/[:_]/)
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('');
}

function event<Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) {
  return z.object({ event: z.literal(name), ...shape }).meta({ id: toSchemaId(name) });
}

/**
 * The numbered events of a call. Applied to a snapshot in order, they produce the server's `Call`.
 * Sockets send them under their name, and `GET /calls/:callId/events` lists them.
 */
export const callEvents = {
  'call:started': event('call:started', { ...envelope, call }),
  'call:invited': event('call:invited', ofUser),
  'call:ringing': event('call:ringing', ofUser),
  'call:missed': event('call:missed', ofUser),
  'call:busy': event('call:busy', ofUser),
  'call:accepted': event('call:accepted', {
    ...ofUser,
    deviceId: z.string().nullable(),
    answeredAt: instant,
  }),
  'call:declined': event('call:declined', { ...ofUser, reason: z.enum(declineReasons) }),
  'call:participant_joined': event('call:participant_joined', ofUser),
  'call:participant_updated': event('call:participant_updated', ofUser),
  'call:participant_left': event('call:participant_left', {
    ...ofUser,
    reason: z.enum(leaveReasons),
  }),
  'call:updated': event('call:updated', {
    ...envelope,
    mode: z.enum(callModes),
    hostId: userId.nullable(),
    expiresAt: instant.nullable(),
  }),
  'call:state_changed': event('call:state_changed', {
    ...envelope,
    state: z.enum(callStates),
    previous: z.enum(callStates),
  }),
  'call:ended': event('call:ended', {
    ...envelope,
    state: z.enum(callStates),
    reason: z.enum(endReasons),
    endedBy: userId.nullable(),
    durationSeconds: z.number().int().nonnegative(),
    call,
  }),
} as const;

export type CallEventName = keyof typeof callEvents;
export type CallEvents = { [Name in CallEventName]: z.infer<(typeof callEvents)[Name]> };
export type CallEvent = CallEvents[CallEventName];

export const callEvent = z.discriminatedUnion('event', [
  callEvents['call:started'],
  callEvents['call:invited'],
  callEvents['call:ringing'],
  callEvents['call:missed'],
  callEvents['call:busy'],
  callEvents['call:accepted'],
  callEvents['call:declined'],
  callEvents['call:participant_joined'],
  callEvents['call:participant_updated'],
  callEvents['call:participant_left'],
  callEvents['call:updated'],
  callEvents['call:state_changed'],
  callEvents['call:ended'],
]);
export const eventsAnswer = z.object({ events: z.array(callEvent) });

const caused = { callId, seq: z.number().int().positive() };

/** Messages without their own number. A lost notice is repeated, or `call:sync` replaces it. */
export const notices = {
  'call:incoming': z
    .object({ ...caused, call, ringExpiresAt: instant })
    .meta({ id: toSchemaId('call:incoming') }),
  'call:ringing_stopped': z
    .object({ ...caused, cause: z.enum(ringStopCauses) })
    .meta({ id: toSchemaId('call:ringing_stopped') }),
  'call:missed_busy': z.object({ callId, call }).meta({
    id: toSchemaId('call:missed_busy'),
    description:
      'This user was called or invited while they were in another call. Nothing rings. ' +
      'The user is a participant of the call with the state `busy`, unless an invite into a running ' +
      'call named busy users only (`USER_BUSY` to the inviter).',
  }),
  'call:ending_soon': z
    .object({ callId, at: instant, reason: z.enum(endingSoonReasons) })
    .meta({ id: toSchemaId('call:ending_soon') }),
  'call:quality_changed': z
    .object({
      callId,
      userId: userId.meta({ description: 'The user whose media it is.' }),
      direction: z.enum(qualityDirections),
      level: z.enum(qualityLevels),
      mos: z.number().min(1).max(4.5),
      recommendation: z.enum(recommendations),
    })
    .meta({ id: toSchemaId('call:quality_changed') }),
  'call:sync': syncAnswer.meta({ id: toSchemaId('call:sync') }),
  'call:error': z
    .object({ code: z.string(), message: z.string(), event: z.string() })
    .meta({ id: toSchemaId('call:error') }),
} as const;

export type NoticeName = keyof typeof notices;
export type Notices = { [Name in NoticeName]: z.infer<(typeof notices)[Name]> };
