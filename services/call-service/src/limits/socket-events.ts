import type { CallServiceConfig } from '@ringline/platform';

/** What is to become of an event that a socket sends just now. */
export type EventVerdict =
  | { pass: true }
  /** `hopeless`: it has gone on for so long in spite of refusals that answering is a waste. */
  | { pass: false; retryAfterSeconds: number; hopeless: boolean };

/** The allowance of one socket: a socket is with one process, so nobody else needs to know. */
export type EventAllowance = () => EventVerdict;

/** Makes each socket's allowance: so many events at once, and as many per second in the long run. */
export const createEventAllowances = ({
  socketEventsPerSecond: perSecond,
  socketEventBurst: burst,
}: CallServiceConfig['rateLimits']): (() => EventAllowance) => {
  if (perSecond === 0 || burst === 0) return () => () => ({ pass: true });
  return () => {
    let left = burst;
    let refused = 0;
    let countedAt = performance.now();
    return () => {
      const now = performance.now();
      left = Math.min(burst, left + ((now - countedAt) / 1000) * perSecond);
      countedAt = now;
      if (left >= 1) {
        left -= 1;
        refused = 0;
        return { pass: true };
      }
      refused += 1;
      return {
        pass: false,
        retryAfterSeconds: Math.max(1, Math.ceil((1 - left) / perSecond)),
        hopeless: refused > burst,
      };
    };
  };
};
