import type { DeclineReason, TrackKind } from '@ringline/contract/states';
import type { CallMode, CallType, MediaSession, Person, Timings } from './call.ts';

/**
 * Who holds a claim elsewhere: user id -> the id of the call that they are Live in. A map, since an object has a
 * `constructor` and more that nobody put there, and users may be called so.
 */
export type BusyUsers = ReadonlyMap<string, string>;

export const NO_BUSY_USERS: BusyUsers = new Map();

export interface Start {
  name: 'start';
  callId: string;
  roomName: string;
  type: CallType;
  mode: CallMode;
  initiator: Person;
  deviceId: string | null;
  participantIds: readonly string[];
  conversationId: string | null;
  metadata: Record<string, unknown>;
  maxParticipants: number;
  timings: Timings;
  busyUsers: BusyUsers;
  /** LiveKit refused the room: the call is recorded as failed and nobody is rung. */
  mediaRefused: boolean;
}

interface ByPerson {
  person: Person;
}

export interface AcknowledgeRing extends ByPerson {
  name: 'acknowledge_ring';
}
/** Accept, join again, take over, rejoin: all the ways of getting in. */
export interface Join extends ByPerson {
  name: 'join';
  deviceId: string | null;
  takeover: boolean;
  rejoin: boolean;
  busyUsers: BusyUsers;
}
export interface Decline extends ByPerson {
  name: 'decline';
  deviceId: string | null;
  reason: DeclineReason;
}
export interface Leave extends ByPerson {
  name: 'leave';
}
export interface End extends ByPerson {
  name: 'end';
}
export interface Invite extends ByPerson {
  name: 'invite';
  participantIds: readonly string[];
  busyUsers: BusyUsers;
}
/** Asks for fresh media credentials; `takeover` moves the call to this device first. */
export interface RequestToken extends ByPerson {
  name: 'token';
  deviceId: string | null;
  takeover: boolean;
}
export interface Toggle extends ByPerson {
  name: 'toggle';
  audioEnabled?: boolean;
  videoEnabled?: boolean;
  screenSharing?: boolean;
}
export interface Mute extends ByPerson {
  name: 'mute';
  userId: string;
  kind: TrackKind;
}
export interface MuteAll extends ByPerson {
  name: 'mute_all';
}
export interface Remove extends ByPerson {
  name: 'remove';
  userId: string;
}
export interface HandOver extends ByPerson {
  name: 'hand_over';
  userId: string;
}
/** An operator or the host app's back end ends the call. */
export interface ForceEnd {
  name: 'force_end';
}
/** LiveKit (or the reconciler, who looked there) has this session of the user in the room. */
export interface MediaJoined {
  name: 'media_joined';
  userId: string;
  session: MediaSession;
  /** LiveKit lists the session and goes on doing so: it counts, also if it is over or out of date by its time. */
  listed?: boolean;
}
/** LiveKit (or the reconciler) no longer has this session. */
export interface MediaLeft {
  name: 'media_left';
  userId: string;
  session: MediaSession;
  /** Another session of the same identity took its place: a move, not a loss. */
  replaced: boolean;
  /** LiveKit gave it up after hearing nothing from it for 15 seconds or more. */
  timedOut?: boolean;
}
interface OfDevice {
  userId: string;
  /** Null for a device that has no name of its own: it may be any device of the user. */
  deviceId: string | null;
}
/** A device has no socket any more. */
export interface DeviceDisconnected extends OfDevice {
  name: 'device_disconnected';
  /** For so long nothing has been heard from it. */
  silentMs: number;
}
/** A device has a socket. Only of interest after it had none. */
export interface DeviceConnected extends OfDevice {
  name: 'device_connected';
}
/** The room is gone from LiveKit. */
export interface RoomLost {
  name: 'room_lost';
}
/** Nothing but the passing of time. */
export interface ExpireDeadlines {
  name: 'expire_deadlines';
}

export type UserCommand =
  | AcknowledgeRing
  | Join
  | Decline
  | Leave
  | End
  | Invite
  | RequestToken
  | Toggle
  | Mute
  | MuteAll
  | Remove
  | HandOver;

export type Command =
  | UserCommand
  | ForceEnd
  | MediaJoined
  | MediaLeft
  | DeviceDisconnected
  | DeviceConnected
  | RoomLost
  | ExpireDeadlines;
export type CommandName = Command['name'];
