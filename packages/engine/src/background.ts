import type { Logger } from '@ringline/platform';

type Fields = Record<string, unknown>;
type Work = () => Promise<unknown>;

/** Work that no answer waits for: never lost silently, and finished before the process ends. */
export interface Background {
  run(what: string, fields: Fields, work: Work): void;
  /** Like `run`, but only so many at once: ten thousand calls that end together are no flood for LiveKit. */
  queue(what: string, fields: Fields, work: Work): void;
  drained(): Promise<void>;
}

const AT_ONCE = 32;

export const createBackground = (logger: Logger): Background => {
  const pending = new Set<Promise<void>>();
  const waiting: (() => void)[] = [];
  let free = AT_ONCE;

  const run: Background['run'] = (what, fields, work) => {
    const settled = work()
      .then(() => undefined)
      .catch((error: unknown) => logger.warn(`${what} failed`, { ...fields, error }))
      .finally(() => pending.delete(settled));
    pending.add(settled);
  };

  const turn = async (): Promise<void> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((begin) => waiting.push(begin));
  };

  const handOn = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };

  return {
    run,
    queue(what, fields, work) {
      run(what, fields, async () => {
        await turn();
        await work().finally(handOn);
      });
    },
    async drained() {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
};
