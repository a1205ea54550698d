import type { Connection, QualityDirection } from '@ringline/contract';
import type { RinglineError } from '../errors.ts';

/** What this device sends; the same three switches that a participant shows to the others. */
export interface Sending {
  microphone: boolean;
  camera: boolean;
  screen: boolean;
}
export type Source = keyof Sending;

/** One microphone, camera or screen, ours or another's. The same object for as long as it is there. */
export interface MediaTrack {
  readonly muted: boolean;
  /**
   * For a host app that draws the picture itself, or records it. Once this was read of another's picture, it comes in
   * at full size, also while the page is in the background. `attach` saves the line what its elements do not need.
   */
  readonly mediaStreamTrack: MediaStreamTrack;
  /**
   * Shows or plays the track in an `<audio>` or `<video>` element. Of another's picture, as much comes in as the
   * largest of its elements needs, and nothing while none of them is in sight.
   */
  attach(element: HTMLMediaElement): void;
  detach(element: HTMLMediaElement): void;
}

/** What is seen and heard of one user; null for what they do not send. */
export interface UserMedia {
  readonly microphone: MediaTrack | null;
  readonly camera: MediaTrack | null;
  readonly screen: MediaTrack | null;
  readonly speaking: boolean;
  /** LiveKit hears nothing from them at the moment; their last picture stands still. */
  readonly lost: boolean;
}

export const nothing: UserMedia = {
  microphone: null,
  camera: null,
  screen: null,
  speaking: false,
  lost: false,
};

/** How much video goes over a line: all that is wanted, only the smallest layer, or none. Sound always goes. */
export type VideoAllowance = 'all' | 'low' | 'none';
export type VideoLimits = Readonly<Record<QualityDirection, VideoAllowance>>;

export const unlimited: VideoLimits = { send: 'all', receive: 'all' };

/** One entry of WebRTC's statistics; its other fields are named by their standard (W3C webrtc-stats). */
export type Stat = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly type: string;
  /** In milliseconds. */
  readonly timestamp: number;
};

/** What WebRTC counts of one track, and of the connection that carries it. */
export interface TrackStats {
  readonly id: string;
  readonly kind: 'audio' | 'camera' | 'screen';
  /** Whether frames are to be expected: neither muted nor out of sight. */
  readonly shown: boolean;
  readonly stats: readonly Stat[];
}
export type LineStats = Readonly<Record<QualityDirection, readonly TrackStats[]>>;

/** One stay in a LiveKit room, from the join until it is gone for good. */
export interface MediaRoom {
  /** False while the room repairs its own connection. */
  readonly steady: boolean;
  /** What is sent, or would be if the line carried it. */
  readonly sending: Sending;
  readonly local: UserMedia;
  remote(userId: string): UserMedia;
  /** The browser's autoplay policy keeps the others silent until `unblockAudio` runs in a click. */
  readonly audioBlocked: boolean;
  unblockAudio(): Promise<void>;
  /** Rejects with `PERMISSION_DENIED` or `MEDIA_FAILED`. */
  send(source: Source, on: boolean): Promise<void>;
  /** Never rejects. To be said again from time to time: LiveKit itself changes what is sent, and knows nothing of this. */
  limitVideo(limits: VideoLimits): Promise<void>;
  readStats(): Promise<LineStats>;
  /** `moved`: another session of the same user took its place. */
  readonly gone: Promise<'moved' | 'lost'>;
}

export interface RoomHandlers {
  onChange(): void;
  /** A wanted microphone or camera is not to be had; the room is joined all the same. */
  onError(error: RinglineError): void;
}

/** Joins with what is wanted to be sent, until the signal ends it. Rejects where there is no way in. */
export type OpenRoom = (
  connection: Connection,
  wanted: Sending,
  handlers: RoomHandlers,
  signal: AbortSignal,
) => Promise<MediaRoom>;
