import type { DeclineReason, EndingSoonReason, LeaveReason } from '@ringline/contract/states';
import type {
  Call,
  CallMode,
  CallState,
  EndReason,
  Instant,
  LiveCallState,
  Participant,
  TerminalCallState,
} from './call.ts';

interface Numbered {
  seq: number;
  at: Instant;
}

interface OfParticipant extends Numbered {
  /** The participant after the event, with the private fields. */
  participant: Participant;
}

export interface Started extends Numbered {
  name: 'call:started';
  call: Call;
}
export interface ParticipantChanged extends OfParticipant {
  name:
    | 'call:invited'
    | 'call:ringing'
    | 'call:missed'
    | 'call:busy'
    | 'call:participant_joined'
    | 'call:participant_updated';
}
export interface Accepted extends OfParticipant {
  name: 'call:accepted';
  deviceId: string | null;
  answeredAt: Instant;
}
export interface Declined extends OfParticipant {
  name: 'call:declined';
  reason: DeclineReason;
}
export interface ParticipantLeft extends OfParticipant {
  name: 'call:participant_left';
  reason: LeaveReason;
}
export interface Updated extends Numbered {
  name: 'call:updated';
  mode: CallMode;
  hostId: string | null;
  expiresAt: Instant | null;
  soloExpiresAt: Instant | null;
}
export interface StateChanged extends Numbered {
  name: 'call:state_changed';
  state: LiveCallState;
  previous: CallState;
}
export interface Ended extends Numbered {
  name: 'call:ended';
  state: TerminalCallState;
  reason: EndReason;
  endedBy: string | null;
  call: Call;
}

/** Sent to every active participant. Applied in order of `seq`, they rebuild the public call. */
export type NumberedEvent =
  | Started
  | ParticipantChanged
  | Accepted
  | Declined
  | ParticipantLeft
  | Updated
  | StateChanged
  | Ended;

/** Bookkeeping of sessions, devices and deadlines. It is never published, so it has no `seq`. */
export interface InternalUpdate {
  name: 'internal_update';
  at: Instant;
  participant?: Participant;
  soloExpiresAt?: Instant | null;
}

/** A warning that the call ends soon, sent once for each `expiresAt`. */
export interface EndingSoon {
  name: 'call:ending_soon';
  at: Instant;
  expiresAt: Instant;
  reason: EndingSoonReason;
}

export type CallEvent = NumberedEvent | InternalUpdate | EndingSoon;

export function isNumbered(event: CallEvent): event is NumberedEvent {
  return 'seq' in event;
}
