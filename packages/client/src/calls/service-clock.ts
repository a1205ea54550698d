import type { Call } from '@ringline/contract';

/**
 * The service's clock, as far as it is heard of here. It needs no clock of this device that can be wrong: only how
 * much time has passed since.
 */
export interface ServiceClock {
  /** The service's clock has shown this instant, just now or some time ago. */
  heard(instant: string): void;
  /** For how long a call has been connected, in milliseconds; 0 before it is. */
  connectedForMs(call: Call): number;
}

export function createServiceClock(): ServiceClock {
  let offset = Number.NEGATIVE_INFINITY;
  const heard = (instant: string) => {
    // What arrives late makes the clock seem slow, never fast: the largest is the closest.
    offset = Math.max(offset, Date.parse(instant) - performance.now());
  };
  return {
    heard,
    connectedForMs: ({ connectedAt, endedAt }) => {
      if (connectedAt === null) return 0;
      heard(connectedAt);
      const until = endedAt === null ? offset + performance.now() : Date.parse(endedAt);
      return Math.max(0, until - Date.parse(connectedAt));
    },
  };
}
