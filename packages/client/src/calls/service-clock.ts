import type { Call } from '@ringline/contract';

/**
 * The service's clock, from the times it has sent. This device's clock may be wrong, so only
 * `performance.now()` is used.
 */
export interface ServiceClock {
  /** The service's clock has shown this instant, just now or earlier. */
  handleTime(instant: string): void;
  /** 0 before the call is connected. */
  getConnectedMs(call: Call): number;
}

export function createServiceClock(): ServiceClock {
  let offset = Number.NEGATIVE_INFINITY;
  const handleTime = (instant: string) => {
    // A late message makes the clock seem slow, never fast: the largest offset is the closest.
    offset = Math.max(offset, Date.parse(instant) - performance.now());
  };
  return {
    handleTime,
    getConnectedMs: ({ connectedAt, endedAt }) => {
      if (connectedAt === null) return 0;
      handleTime(connectedAt);
      const until = endedAt === null ? offset + performance.now() : Date.parse(endedAt);
      return Math.max(0, until - Date.parse(connectedAt));
    },
  };
}
