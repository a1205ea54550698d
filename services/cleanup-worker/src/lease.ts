import type { Store } from '@ringline/store';

/** The right to do work that only one worker does at a time. */
export interface Lease {
  /** Takes or renews the lease for `seconds`. Returns whether this worker has it. */
  take(): Promise<boolean>;
  /** Frees the lease for other workers, if this worker has it. */
  release(): Promise<void>;
}

/**
 * `owner` identifies this process among all workers. If it dies, others wait until the lease
 * expires.
 */
export function createLease(
  store: Store,
  { name, owner, seconds }: { name: string; owner: string; seconds: number },
): Lease {
  let isOwned = false;
  return {
    async take() {
      isOwned = await store.takeLease(name, owner, seconds);
      return isOwned;
    },
    async release() {
      if (isOwned) await store.takeLease(name, owner, 0);
      isOwned = false;
    },
  };
}
