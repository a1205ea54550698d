import type { RetryPolicy } from './retry.ts';

/** The part of `Storage` that the SDK needs. */
export type RinglineStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export interface ClientLogger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export interface MediaOptions {
  /** Handed to `getUserMedia`; a device or echo cancellation can be chosen here. */
  microphone?: MediaTrackConstraints;
  camera?: MediaTrackConstraints;
  /** Plays the others' audio by itself (default). Without it, `attach` their microphones yourself. */
  playAudio?: boolean;
  /** `relay` sends media through TURN only. */
  iceTransportPolicy?: RTCIceTransportPolicy;
}

export interface QualityOptions {
  /** How often the line is measured: 5000 ms by default, 2000 at least, for the service takes no more. */
  intervalMs?: number;
  /** `false`: video is not held back where the service recommends that for the line's sake. */
  follow?: boolean;
}

export interface RinglineOptions {
  /** The call service's origin as this client sees it, for example `https://calls.example.com`. */
  url: string;
  /** Asked for a token signed by the host app, again before each runs out. */
  getToken?: () => string | Promise<string>;
  /** Instead of `getToken`: one token, which is not renewed. */
  token?: string;
  /** Names this device (1 to 64 characters). By default a tab has an id of its own. */
  deviceId?: string;
  /** Where a tab remembers its device and its call over a reload; by default `sessionStorage`. */
  storage?: RinglineStorage | null;
  /** `false`: signalling only. By default media is on where WebRTC is at hand. */
  media?: MediaOptions | false;
  /** `false`: the line is not measured, and nothing is told of it. */
  quality?: QualityOptions | false;
  /** How reconnecting is paced, of the signalling and of the media. */
  retry?: RetryPolicy;
  /** By default warnings and errors go to the console. */
  logger?: ClientLogger;
}

function silent() {
  return undefined;
}

export const consoleLogger: ClientLogger = {
  debug: silent,
  info: silent,
  warn: (message, fields) => console.warn(`ringline: ${message}`, fields ?? ''),
  error: (message, fields) => console.error(`ringline: ${message}`, fields ?? ''),
};

/** null where there is none (Node), or where the browser forbids it (a sandboxed frame throws). */
export function defaultStorage(): RinglineStorage | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}

export function defaultMedia(): MediaOptions | false {
  return typeof globalThis.RTCPeerConnection === 'undefined' ? false : {};
}
