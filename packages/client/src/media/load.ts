export type LiveKit = typeof import('livekit-client');

/** Loaded with the first call that there is: who makes no calls, in Node for example, does not pay for it. */
export const loadLiveKit = (): Promise<LiveKit> => import('livekit-client');
