/** Milliseconds since the epoch, always of the database's clock. */
export type Instant = number;

export type CallType = 'audio' | 'video';
export type CallMode = 'direct' | 'group';

export type LiveCallState = 'initiating' | 'ringing' | 'connecting' | 'connected' | 'reconnecting';
export type TerminalCallState = 'ended' | 'failed' | 'busy' | 'declined' | 'missed' | 'cancelled';
export type CallState = LiveCallState | TerminalCallState;

export type EndReason =
  | 'hangup'
  | 'host_ended'
  | 'declined'
  | 'no_answer'
  | 'cancelled'
  | 'busy'
  | 'connect_timeout'
  | 'connection_lost'
  | 'solo_timeout'
  | 'max_duration'
  | 'media_failure'
  | 'admin_ended';

export type RungState = 'invited' | 'ringing';
export type InState = 'joining' | 'joined' | 'reconnecting';
export type OutState = 'left' | 'declined' | 'missed' | 'busy' | 'cancelled' | 'removed';
export type ParticipantState = RungState | InState | OutState;

/** Why somebody is Out; for an exit from In it decides how the call ends. */
export type OutCause =
  | 'left'
  | 'removed'
  | 'connect_timeout'
  | 'grace_ran_out'
  | 'declined'
  | 'missed'
  | 'busy'
  | 'call_ended';

/** The last way out: `by` is the user whose act it was, null for deadlines and operators. */
export interface Exit {
  at: Instant;
  cause: OutCause;
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
  sessionsOverUntilMs: number;
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

const RUNG: readonly ParticipantState[] = ['invited', 'ringing'];
const IN: readonly ParticipantState[] = ['joining', 'joined', 'reconnecting'];
const TERMINAL: readonly CallState[] = [
  'ended',
  'failed',
  'busy',
  'declined',
  'missed',
  'cancelled',
];

export function isRung(participant: Participant): boolean {
  return RUNG.includes(participant.state);
}
export function isIn(participant: Participant): boolean {
  return IN.includes(participant.state);
}
export function isLive(participant: Participant): boolean {
  return isRung(participant) || isIn(participant);
}
export function isOut(participant: Participant): boolean {
  return !isLive(participant);
}
export function isShutOut(participant: Participant): boolean {
  return participant.state === 'removed' || participant.barred;
}
export function isTerminal(call: Call): boolean {
  return TERMINAL.includes(call.state);
}
export function isAnswered(call: Call): boolean {
  return call.answeredAt !== null;
}

export function participantOf(call: Call, userId: string): Participant | undefined {
  return call.participants.find((participant) => participant.userId === userId);
}

export function liveUserIds(call: Call): string[] {
  return call.participants.filter(isLive).map((participant) => participant.userId);
}

/** From connected to ended, in whole seconds; 0 before that. */
export function durationSecondsOf(call: Call): number {
  return call.connectedAt === null || call.endedAt === null
    ? 0
    : Math.floor((call.endedAt - call.connectedAt) / 1000);
}
