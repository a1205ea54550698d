import type { Logger } from '@ringline/platform';

/** Work that no answer waits for: never lost silently, and finished before the process ends. */
export interface Background {
  run(what: string, fields: Record<string, unknown>, work: () => Promise<unknown>): void;
  drained(): Promise<void>;
}

export const createBackground = (logger: Logger): Background => {
  const pending = new Set<Promise<void>>();
  return {
    run(what, fields, work) {
      const settled = work()
        .then(() => undefined)
        .catch((error: unknown) => logger.warn(`${what} failed`, { ...fields, error }))
        .finally(() => pending.delete(settled));
      pending.add(settled);
    },
    async drained() {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
};
