import type { Connection } from '@ringline/contract';
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
  readonly mediaStreamTrack: MediaStreamTrack;
  /** Shows or plays the track in an `<audio>` or `<video>` element. */
  attach(element: HTMLMediaElement): void;
  detach(element: HTMLMediaElement): void;
}

/** What is seen and heard of one user; null for what they do not send. */
export interface UserMedia {
  readonly microphone: MediaTrack | null;
  readonly camera: MediaTrack | null;
  readonly screen: MediaTrack | null;
  readonly speaking: boolean;
}

export const nothing: UserMedia = { microphone: null, camera: null, screen: null, speaking: false };

/** One stay in a LiveKit room, from the join until it is gone for good. */
export interface MediaRoom {
  /** False while the room repairs its own connection. */
  readonly steady: boolean;
  readonly sending: Sending;
  readonly local: UserMedia;
  remote(userId: string): UserMedia;
  /** The browser's autoplay policy keeps the others silent until `unblockAudio` runs in a click. */
  readonly audioBlocked: boolean;
  unblockAudio(): Promise<void>;
  /** Rejects with `PERMISSION_DENIED` or `MEDIA_FAILED`. */
  send(source: Source, on: boolean): Promise<void>;
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
