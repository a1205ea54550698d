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
  /** Passed to `getUserMedia`: chooses a device or echo cancellation, for example. */
  microphone?: MediaTrackConstraints;
  camera?: MediaTrackConstraints;
  /** Plays the others' audio (default). With `false`, `attach` their microphones yourself. */
  playAudio?: boolean;
  /** `relay` sends media through TURN only. */
  iceTransportPolicy?: RTCIceTransportPolicy;
}

export interface QualityOptions {
  /**
   * How often streams are measured: every 5000 ms by default, every 2000 at most, which is all the
   * service accepts.
   */
  intervalMs?: number;
  /** `false`: does not hold back video where the service recommends it. */
  follow?: boolean;
}

export interface RinglineOptions {
  /** The call service's origin as this client sees it, for example `https://calls.example.com`. */
  url: string;
  /** Returns a token signed by the host app. Called again before each one expires. */
  getToken?: () => string | Promise<string>;
  /** One token, which is not renewed, instead of `getToken`. */
  token?: string;
  /** Names this device (1 to 64 characters). By default each tab has its own id. */
  deviceId?: string;
  /** Keeps a tab's device id over a reload; `sessionStorage` by default. */
  storage?: RinglineStorage | null;
  /** `false`: signalling only. By default media is on where the platform has WebRTC. */
  media?: MediaOptions | false;
  /** `false`: streams are neither measured nor reported. */
  quality?: QualityOptions | false;
  /** Paces the reconnecting of signalling and media. */
  retry?: RetryPolicy;
  /** By default, logs warnings and errors to the console. */
  logger?: ClientLogger;
}

function ignore() {
  return undefined;
}

export const consoleLogger: ClientLogger = {
  debug: ignore,
  info: ignore,
  warn: (message, fields) => console.warn(`ringline: ${message}`, fields ?? ''),
  error: (message, fields) => console.error(`ringline: ${message}`, fields ?? ''),
};

/** Null in Node, and where the browser forbids storage: a sandboxed frame throws. */
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
