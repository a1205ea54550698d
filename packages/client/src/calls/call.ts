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

/** What to send from the first moment on; by default the microphone, and the camera in a video call. */
export interface SendOptions {
  microphone?: boolean;
  camera?: boolean;
}

export interface AcceptOptions extends SendOptions {
  /** Moves the call here from the device on which it is. */
  takeover?: boolean;
}

/** A call of this user. Every act rejects with a `RinglineError` when the service refuses it. */
export interface RinglineCall extends Subscribable<RinglineCallEvents> {
  readonly id: string;
  /** The call as the service has it; a new object after each change. */
  readonly snapshot: Call;
  readonly me: Participant;
  readonly others: readonly Participant[];
  readonly stage: CallStage;
  /** Whether this device is the one with which the user is in the call. */
  readonly here: boolean;
  /**
   * For how long the call has been connected, in milliseconds, by the service's clock: a wrong clock here does no harm,
   * and a reload loses nothing. 0 before it is connected; no longer grows once it is over.
   */
  readonly connectedForMs: number;
  readonly media: CallMedia;
  readonly quality: CallQuality;
  accept(options?: AcceptOptions): Promise<void>;
  decline(reason?: DeclineReason): Promise<void>;
  /**
   * What a red button does: declines, cancels, ends a direct call, leaves a group. The ways out of a call are repeated
   * while the service refuses them for the moment, and resolve once they are heard or the call is over.
   */
  hangUp(): Promise<void>;
  /** Leaves; a group goes on without this user. */
  leave(): Promise<void>;
  /** Ends it for all: a direct call by either side, a group by its host. */
  end(): Promise<void>;
  invite(userIds: string[]): Promise<void>;
  /** Comes back into a group that this user has left. */
  rejoin(options?: SendOptions): Promise<void>;
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  setScreenShare(on: boolean): Promise<void>;
  /** How the call was so far for each who reported or rated it; also when it is over. */
  qualitySummary(): Promise<ParticipantQuality[]>;
  /** 1 to 5 stars by one who was in it; the last word counts. */
  rate(stars: number, comment?: string): Promise<Rating>;
  /** The host's controls, in a group. */
  mute(userId: string, kind: TrackKind): Promise<void>;
  muteAll(): Promise<void>;
  remove(userId: string): Promise<void>;
  makeHost(userId: string): Promise<void>;
}
