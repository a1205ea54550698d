import type { Participant } from '@ringline/client';

const LIVE: readonly Participant['state'][] = [
  'invited',
  'ringing',
  'joining',
  'joined',
  'reconnecting',
];

/** Whether a participant is in the call or is being called. */
export function isLive({ state }: Participant): boolean {
  return LIVE.includes(state);
}
