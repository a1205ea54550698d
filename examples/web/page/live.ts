import type { Participant } from '@ringline/client';

const LIVE: readonly Participant['state'][] = [
  'invited',
  'ringing',
  'joining',
  'joined',
  'reconnecting',
];

/** Whether somebody is in the call or rung, and not out of it. */
export function isLive({ state }: Participant): boolean {
  return LIVE.includes(state);
}
