import type {
  Call,
  DeclineReason,
  Participant,
  ParticipantQuality,
  Rating,
  TrackKind,
} from '@ringline/contract';
import type { Subscribable } from '../emitter.ts';
import type { CallMedia } from '../media/call-media.ts';
import type { CallQuality } from '../quality/call-quality.ts';
import type { RinglineCallEvents } from './call-events.ts';
import type { CallStage } from './stage.ts';

/**
 * What this device sends from the start; by default the microphone, and the camera in a video call.
 */
export interface SendOptions {
  microphone?: boolean;
  camera?: boolean;
}

export interface AcceptOptions extends SendOptions {
  /** Takes the call over from the user's other device. */
  takeover?: boolean;
}

/** A call of this user. Every method rejects with a `RinglineError` when the service refuses it. */
export interface RinglineCall extends Subscribable<RinglineCallEvents> {
  readonly id: string;
  /** The call's state in the service; a new object after each change. */
  readonly snapshot: Call;
  readonly me: Participant;
  readonly others: readonly Participant[];
  readonly stage: CallStage;
  /** Whether the user is in the call on this device. */
  readonly here: boolean;
  /**
   * How long the call has been connected, in milliseconds, by the service's clock: right on a
   * device with a wrong clock, and after a reload. 0 before the call is connected; stops when it is
   * over.
   */
  readonly connectedForMs: number;
  readonly media: CallMedia;
  readonly quality: CallQuality;
  accept(options?: AcceptOptions): Promise<void>;
  decline(reason?: DeclineReason): Promise<void>;
  /**
   * For a red button: declines, cancels, ends a direct call, leaves a group. This, `decline`,
   * `leave` and `end` are repeated while the service refuses them for the moment; they resolve once
   * the service has taken them or the call is over.
   */
  hangUp(): Promise<void>;
  /** Leaves. A group goes on without this user. */
  leave(): Promise<void>;
  /** Ends the call for all: either side of a direct call may, and the host of a group. */
  end(): Promise<void>;
  invite(userIds: string[]): Promise<void>;
  /** Returns to a group that this user has left. */
  rejoin(options?: SendOptions): Promise<void>;
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  setScreenShare(on: boolean): Promise<void>;
  /**
   * The quality of the call so far, for each participant who reported or rated it. Works after the
   * call as well.
   */
  qualitySummary(): Promise<ParticipantQuality[]>;
  /** 1 to 5 stars by a user who was in the call. A second rating replaces the first. */
  rate(stars: number, comment?: string): Promise<Rating>;
  /** This and the following: by the host of a group. */
  mute(userId: string, kind: TrackKind): Promise<void>;
  muteAll(): Promise<void>;
  remove(userId: string): Promise<void>;
  makeHost(userId: string): Promise<void>;
}
