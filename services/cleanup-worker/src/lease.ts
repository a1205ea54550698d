import type { Store } from '@ringline/store';

/** Work that one worker does at a time. */
export interface Lease {
  /** Whether the work is ours for the next `seconds`; renews what is ours already. */
  take(): Promise<boolean>;
  /** Lets another worker have it at once, if it is ours. */
  release(): Promise<void>;
}

/** `holder` names this process among all workers. Whoever dies with the lease keeps the others waiting for `seconds`. */
export function createLease(
  store: Store,
  { name, holder, seconds }: { name: string; holder: string; seconds: number },
): Lease {
  let held = false;
  return {
    async take() {
      held = await store.takeLease(name, holder, seconds);
      return held;
    },
    async release() {
      if (held) await store.takeLease(name, holder, 0);
      held = false;
    },
  };
}
