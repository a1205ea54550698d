import { withTimeout } from '../timeout.ts';

export type LiveKit = typeof import('livekit-client');

/** Enough for a chunk of some 150 kB on the slowest network that carries a call. */
const LOAD_MS = 20_000;

/** Loads LiveKit with the first call, so that an app without calls, or in Node, does without it. */
export function loadLiveKit(): Promise<LiveKit> {
  const timedOut = () => new Error('livekit-client was not loaded in time');
  return withTimeout(LOAD_MS, import('livekit-client'), timedOut);
}
