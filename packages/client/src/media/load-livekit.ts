import { within } from '../timeout.ts';

export type LiveKit = typeof import('livekit-client');

/** For a chunk of some 150 kB, on the slowest line that carries a call. */
const LOAD_MS = 20_000;

/** Loaded with the first call that there is: who makes no calls, in Node for example, does not pay for it. */
export function loadLiveKit(): Promise<LiveKit> {
  return within(
    LOAD_MS,
    import('livekit-client'),
    () => new Error('livekit-client was not loaded in time'),
  );
}
