import type { Store } from '@ringline/store';

/** The right to do work that only one worker does at a time. */
export interface Lease {
  /** Whether the work is ours for the next `seconds`. Renews a lease that is ours already. */
  take(): Promise<boolean>;
  /** Frees the lease for other workers, if it is ours. */
  release(): Promise<void>;
}

/** `owner` names this process among all workers. If it dies, the other workers wait until the lease expires. */
export function createLease(
  store: Store,
  { name, owner, seconds }: { name: string; owner: string; seconds: number },
): Lease {
  let held = false;
  return {
    async take() {
      held = await store.takeLease(name, owner, seconds);
      return held;
    },
    async release() {
      if (held) await store.takeLease(name, owner, 0);
      held = false;
    },
  };
}
