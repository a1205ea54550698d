import type { Logger } from '@ringline/platform';

type Fields = Record<string, unknown>;
type Work = () => Promise<unknown>;

/** Work that no answer waits for: never lost silently, and finished before the process ends. */
export interface Background {
  run(what: string, fields: Fields, work: Work): void;
  /** Like `run`, but only so many at once: ten thousand calls that end together are no flood for LiveKit. */
  queue(what: string, fields: Fields, work: Work): void;
  /** Does what people wait for: none of what is queued begins meanwhile. Comes to what the work comes to. */
  ahead<Result>(work: () => Promise<Result>): Promise<Result>;
  drained(): Promise<void>;
}

const AT_ONCE = 32;

export const createBackground = (logger: Logger): Background => {
  const pending = new Set<Promise<void>>();
  const waiting: (() => void)[] = [];
  let free = AT_ONCE;
  let goingAhead = 0;

  const run: Background['run'] = (what, fields, work) => {
    const settled = work()
      .then(() => undefined)
      .catch((error: unknown) => logger.warn(`${what} failed`, { ...fields, error }))
      .finally(() => pending.delete(settled));
    pending.add(settled);
  };

  const beginWaiting = (): void => {
    while (free > 0 && goingAhead === 0) {
      const begin = waiting.shift();
      if (begin === undefined) return;
      free -= 1;
      begin();
    }
  };

  const turn = (): Promise<void> =>
    new Promise((begin) => {
      waiting.push(begin);
      beginWaiting();
    });

  const handOn = (): void => {
    free += 1;
    beginWaiting();
  };

  return {
    run,
    queue(what, fields, work) {
      run(what, fields, async () => {
        await turn();
        await work().finally(handOn);
      });
    },
    async ahead(work) {
      goingAhead += 1;
      try {
        return await work();
      } finally {
        goingAhead -= 1;
        beginWaiting();
      }
    },
    async drained() {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
};
