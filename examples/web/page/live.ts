import type { Participant } from '@ringline/client';

const LIVE: readonly Participant['state'][] = [
  'invited',
  'ringing',
  'joining',
  'joined',
  'reconnecting',
];

/** Whether somebody is in the call or rung, and not out of it. */
export const isLive = ({ state }: Participant): boolean => LIVE.includes(state);
