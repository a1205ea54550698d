import type {
  CallMode,
  CallState,
  CallType,
  EndReason,
  ParticipantState,
} from '@ringline/contract/states';

export type {
  CallMode,
  CallState,
  CallType,
  EndReason,
  ParticipantState,
} from '@ringline/contract/states';

/** Milliseconds since the epoch, by the database's clock. */
export type Instant = number;

export type LiveCallState = Exclude<CallState, TerminalCallState>;
export type TerminalCallState = 'ended' | 'failed' | 'busy' | 'declined' | 'missed' | 'cancelled';

export type RingingState = 'invited' | 'ringing';
export type InCallState = 'joining' | 'joined' | 'reconnecting';
export type LeftState = Exclude<ParticipantState, RingingState | InCallState>;

/** Why a participant has left. The cause of the last exit from a call decides how it ends. */
export type ExitCause =
  | 'left'
  | 'removed'
  | 'connect_timeout'
  | 'reconnect_timeout'
  | 'declined'
  | 'missed'
  | 'busy'
  | 'call_ended';

/**
 * How a participant last left. `by` is the user who caused it, null for deadlines and operators.
 */
export interface Exit {
  at: Instant;
  cause: ExitCause;
  by: string | null;
}

/** A LiveKit session of a user. Participant sids identify sessions, `joinedAtMs` orders them. */
export interface MediaSession {
  sid: string;
  joinedAtMs: number;
}

export interface Participant {
  userId: string;
  name: string | null;
  picture: string | null;
  state: ParticipantState;
  audioEnabled: boolean;
  videoEnabled: boolean;
  screenSharing: boolean;
  /** Null for the initiator. */
  invitedBy: string | null;
  invitedAt: Instant;
  ringingAt: Instant | null;
  ringExpiresAt: Instant | null;
  /** When they first joined. */
  joinedAt: Instant | null;
  /** Null while in the call. */
  leftAt: Instant | null;
  /** The length of completed stays, in milliseconds, since the call's `connectedAt`. */
  stayedMs: number;

  // The fields below are private: no event or response contains them.

  /** The number of invitations so far, including those that found the user busy. */
  rings: number;
  /** The host removed them after they had left. They keep their state but cannot come back. */
  barred: boolean;
  /** The device in the call. Null after leaving, or if the device did not name itself. */
  deviceId: string | null;
  /** The latest accept; for the initiator, the start. Null if never in the call. */
  acceptedAt: Instant | null;
  /** When LiveKit first had them in the room during this stay. */
  stayingSince: Instant | null;
  /**
   * The connect deadline while `joining`; the end of the grace period while `reconnecting` or
   * moving between sessions. Before the first answer, a `joining` initiator only has the grace
   * period of their device.
   */
  deadline: Instant | null;
  /**
   * When the device of the initiator lost its last socket. Only used until the first answer. Null
   * while the device has a socket, or if it never had one.
   */
  disconnectedAt: Instant | null;
  session: MediaSession | null;
  /** Sessions that began at or before this time are over; late webhooks about them are ignored. */
  ignoreSessionsUntilMs: number;
  exit: Exit | null;
}

/** The timeouts of the call in seconds, fixed when it starts. */
export interface Timings {
  ringSeconds: number;
  connectSeconds: number;
  graceSeconds: number;
  soloSeconds: number;
  maxSeconds: number;
}

export interface Call {
  id: string;
  /** The name of LiveKit's room: random, never reused, and only disclosed in tokens. */
  roomName: string;
  type: CallType;
  mode: CallMode;
  state: CallState;
  initiatorId: string;
  /** In groups only. */
  hostId: string | null;
  conversationId: string | null;
  metadata: Record<string, unknown>;
  /** The number of the latest event. */
  seq: number;
  maxParticipants: number;
  timings: Timings;
  createdAt: Instant;
  answeredAt: Instant | null;
  connectedAt: Instant | null;
  endedAt: Instant | null;
  endReason: EndReason | null;
  endedBy: string | null;
  soloExpiresAt: Instant | null;
  /** The `expiresAt` that `call:ending_soon` has announced. */
  warnedFor: Instant | null;
  /** The latest exit of a participant who was in the call. It decides how an answered call ends. */
  lastExit: Exit | null;
  participants: Participant[];
}

/** The acting user, as their token describes them. */
export interface Person {
  userId: string;
  name: string | null;
  picture: string | null;
}

const RINGING: readonly ParticipantState[] = ['invited', 'ringing'];
const IN_CALL: readonly ParticipantState[] = ['joining', 'joined', 'reconnecting'];
const TERMINAL: readonly CallState[] = [
  'ended',
  'failed',
  'busy',
  'declined',
  'missed',
  'cancelled',
];

export function isRinging(participant: Participant): boolean {
  return RINGING.includes(participant.state);
}
export function isInCall(participant: Pick<Participant, 'state'>): boolean {
  return IN_CALL.includes(participant.state);
}
export function isActive(participant: Participant): boolean {
  return isRinging(participant) || isInCall(participant);
}
export function hasLeft(participant: Participant): boolean {
  return !isActive(participant);
}
export function isBarred(participant: Pick<Participant, 'state' | 'barred'>): boolean {
  return participant.state === 'removed' || participant.barred;
}
export function isTerminal(call: Pick<Call, 'state'>): boolean {
  return TERMINAL.includes(call.state);
}
export function isAnswered(call: Call): boolean {
  return call.answeredAt !== null;
}

/**
 * Whether a participant is in the call on another device. A request without a device matches any.
 */
export function isOnOtherDevice(
  participant: { deviceId: string | null },
  deviceId: string | null,
): boolean {
  return participant.deviceId !== null && deviceId !== null && participant.deviceId !== deviceId;
}

export function findParticipant(call: Call, userId: string): Participant | undefined {
  return call.participants.find((participant) => participant.userId === userId);
}

export function activeUserIds(call: Call): string[] {
  return call.participants.filter(isActive).map((participant) => participant.userId);
}

/** The time from connected to ended in whole seconds; 0 until the call has ended. */
export function getDurationSeconds(call: Call): number {
  return call.connectedAt === null || call.endedAt === null
    ? 0
    : Math.floor((call.endedAt - call.connectedAt) / 1000);
}
