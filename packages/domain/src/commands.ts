import type { DeclineReason, TrackKind } from '@ringline/contract/states';
import type { CallMode, CallType, MediaSession, Person, Timings } from './call.ts';

/**
 * Users who are active in another call, with the id of that call. A map and not an object, since a
 * user id may be `constructor`.
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
  /** LiveKit refused the room: the call is recorded as failed, and no one is invited. */
  mediaRefused: boolean;
}

interface ByPerson {
  person: Person;
}

export interface AcknowledgeRing extends ByPerson {
  name: 'acknowledge_ring';
}
/** Accepts, repeats an accept, takes over or rejoins. */
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
/** LiveKit, by webhook or as the reconciler found, has this session of the user in the room. */
export interface MediaJoined {
  name: 'media_joined';
  userId: string;
  session: MediaSession;
  /** LiveKit keeps listing the session, so it counts even if its time says that it is outdated. */
  listed?: boolean;
}
/** LiveKit, by webhook or as the reconciler found, no longer has this session. */
export interface MediaLeft {
  name: 'media_left';
  userId: string;
  session: MediaSession;
  /** Another session of the same identity replaced it: the user has moved, and is not lost. */
  replaced: boolean;
  /** LiveKit received nothing from it for 15 seconds or more. */
  timedOut?: boolean;
}
interface OfDevice {
  userId: string;
  /** Null for a device that did not name itself: it may be any device of the user. */
  deviceId: string | null;
}
/** A device has lost its last socket. */
export interface DeviceDisconnected extends OfDevice {
  name: 'device_disconnected';
  /** How long the device has been silent. */
  silentMs: number;
}
/** A device has a socket again. */
export interface DeviceConnected extends OfDevice {
  name: 'device_connected';
}
/** LiveKit no longer has the room. */
export interface RoomLost {
  name: 'room_lost';
}
/** Applies the deadlines that are due, and nothing else. */
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
