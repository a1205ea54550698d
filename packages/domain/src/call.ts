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

/** Milliseconds since the epoch, always of the database's clock. */
export type Instant = number;

export type LiveCallState = Exclude<CallState, TerminalCallState>;
export type TerminalCallState = 'ended' | 'failed' | 'busy' | 'declined' | 'missed' | 'cancelled';

export type RingingState = 'invited' | 'ringing';
export type InCallState = 'joining' | 'joined' | 'reconnecting';
export type LeftState = Exclude<ParticipantState, RingingState | InCallState>;

/** Why a participant has left. If they were in the call, it decides how the call ends. */
export type ExitCause =
  | 'left'
  | 'removed'
  | 'connect_timeout'
  | 'reconnect_timeout'
  | 'declined'
  | 'missed'
  | 'busy'
  | 'call_ended';

/** The last way out: `by` is the user whose act it was, null for deadlines and operators. */
export interface Exit {
  at: Instant;
  cause: ExitCause;
  by: string | null;
}

/** One of LiveKit's sessions of a user, told apart by its participant sid, ordered by `joinedAtMs`. */
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
  /** null for the initiator. */
  invitedBy: string | null;
  invitedAt: Instant;
  ringingAt: Instant | null;
  ringExpiresAt: Instant | null;
  /** The first join. */
  joinedAt: Instant | null;
  /** null while In. */
  leftAt: Instant | null;
  /** Ended stays, in milliseconds, counted from the call's `connectedAt` on. */
  stayedMs: number;

  // What follows is private to the machine: no event and no answer shows it.

  /** Invitations so far, busy ones included. */
  rings: number;
  /** Removed by the host while Out: kept out, with the state as it was. */
  barred: boolean;
  /** The device that accepted; null when out, or when it did not say which one it is. */
  deviceId: string | null;
  /** The latest accept (the initiator's is the start); null for one who was never In. */
  acceptedAt: Instant | null;
  /** Since when LiveKit has had them, in this stay. */
  stayingSince: Instant | null;
  /**
   * Connect deadline while `joining`, grace while `reconnecting` or moving between sessions. Of an initiator whom
   * nobody has answered yet and who is `joining`, the grace of their device.
   */
  deadline: Instant | null;
  /**
   * Kept for an initiator until the first answer: since when their device has had no socket. Null while it has one,
   * and if it never had one.
   */
  disconnectedAt: Instant | null;
  session: MediaSession | null;
  /** LiveKit sessions that began at or before this are over, whatever arrives about them. */
  ignoreSessionsUntilMs: number;
  exit: Exit | null;
}

/** What the start fixed for the whole call, in seconds. */
export interface Timings {
  ringSeconds: number;
  connectSeconds: number;
  graceSeconds: number;
  soloSeconds: number;
  maxSeconds: number;
}

export interface Call {
  id: string;
  /** LiveKit's room: a random name, never reused, told to nobody but in tokens. */
  roomName: string;
  type: CallType;
  mode: CallMode;
  state: CallState;
  initiatorId: string;
  /** In groups only. */
  hostId: string | null;
  conversationId: string | null;
  metadata: Record<string, unknown>;
  /** Of the last numbered event. */
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
  /** The `expiresAt` of which the participants have been warned. */
  warnedFor: Instant | null;
  /** The latest exit from In: it decides how an answered call ends. */
  lastExit: Exit | null;
  participants: Participant[];
}

/** What a token says about the one who acts. */
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

/** Whether a participant is in the call on a device other than this one. A request without a device fits every device. */
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

/** From connected to ended, in whole seconds; 0 before that. */
export function getDurationSeconds(call: Call): number {
  return call.connectedAt === null || call.endedAt === null
    ? 0
    : Math.floor((call.endedAt - call.connectedAt) / 1000);
}
