import type { Connection, QualityDirection } from '@ringline/contract';
import type { RinglineError } from '../errors.ts';

/** What this device sends: the three switches that the others see of a participant. */
export interface Sending {
  microphone: boolean;
  camera: boolean;
  screen: boolean;
}
export type Source = keyof Sending;

/**
 * One microphone, camera or screen, of this user or another one. The same object while the track
 * lives.
 */
export interface MediaTrack {
  readonly muted: boolean;
  /**
   * For a host app that draws or records the video itself. Reading this of another user's video
   * makes it arrive at full size from then on, also while the page is in the background. `attach`
   * receives no more than its elements need.
   */
  readonly mediaStreamTrack: MediaStreamTrack;
  /**
   * Plays the track in an `<audio>` or `<video>` element. Another user's video arrives at the size
   * of the largest of its elements, and not at all while none of them is visible.
   */
  attach(element: HTMLMediaElement): void;
  detach(element: HTMLMediaElement): void;
}

/** The tracks of one user; null for those that they do not send. */
export interface UserMedia {
  readonly microphone: MediaTrack | null;
  readonly camera: MediaTrack | null;
  readonly screen: MediaTrack | null;
  readonly speaking: boolean;
  /** LiveKit receives nothing from this user at the moment; their video is frozen. */
  readonly lost: boolean;
}

export const nothing: UserMedia = {
  microphone: null,
  camera: null,
  screen: null,
  speaking: false,
  lost: false,
};

/**
 * How much video is let through: all that is wanted, only the smallest layer, or none. Audio is
 * never held back.
 */
export type VideoAllowance = 'all' | 'low' | 'none';
export type VideoLimits = Readonly<Record<QualityDirection, VideoAllowance>>;

export const unlimited: VideoLimits = { send: 'all', receive: 'all' };

/** One entry of WebRTC's statistics. W3C webrtc-stats names its other fields. */
export type Stat = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly type: string;
  /** In milliseconds. */
  readonly timestamp: number;
};

/** WebRTC's statistics of one track and its connection. */
export interface TrackStats {
  readonly id: string;
  readonly kind: 'audio' | 'camera' | 'screen';
  /** Frames are expected: the track is neither muted nor out of sight. */
  readonly shown: boolean;
  readonly stats: readonly Stat[];
}
export type MediaStats = Readonly<Record<QualityDirection, readonly TrackStats[]>>;

/** A LiveKit room, from the join until it is lost for good. */
export interface MediaRoom {
  /** False while the room repairs its own connection. */
  readonly steady: boolean;
  /** What is sent, or held back for the network's sake. */
  readonly sending: Sending;
  readonly local: UserMedia;
  remote(userId: string): UserMedia;
  /**
   * The browser's autoplay policy blocks the others' audio until `unblockAudio` runs in a click
   * handler.
   */
  readonly audioBlocked: boolean;
  unblockAudio(): Promise<void>;
  /** Rejects with `PERMISSION_DENIED` or `MEDIA_FAILED`. */
  send(source: Source, on: boolean): Promise<void>;
  /**
   * Never rejects. Must be repeated from time to time: LiveKit changes what is sent, and does not
   * know the limits.
   */
  limitVideo(limits: VideoLimits): Promise<void>;
  readStats(): Promise<MediaStats>;
  /** `moved`: another session of the same user has taken the place. */
  readonly gone: Promise<'moved' | 'lost'>;
}

export interface RoomHandlers {
  onChange(): void;
  /** A wanted microphone or camera cannot be used. The room is joined without it. */
  onError(error: RinglineError): void;
}

/**
 * Joins a room and sends what is wanted, until the signal is aborted. Rejects where it cannot join.
 */
export type OpenRoom = (
  connection: Connection,
  wanted: Sending,
  handlers: RoomHandlers,
  signal: AbortSignal,
) => Promise<MediaRoom>;
