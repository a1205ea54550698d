import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@ringline/platform';

type Fields = Record<string, unknown>;
type Work = () => Promise<unknown>;

/** Work that no answer waits for: never lost silently, and finished before the process ends. */
export interface Background {
  run(what: string, fields: Fields, work: Work): void;
  /**
   * Like `run`, but only so many at once: ten thousand calls that end together are no flood for LiveKit. Work that fails is
   * repeated for as long as `retryForMs` says, without a place among those so many while it waits, and a bounded amount of it.
   */
  queue(what: string, fields: Fields, work: Work): void;
  /** Does what people wait for: none of what is queued begins meanwhile. Comes to what the work comes to. */
  ahead<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Resolves when nothing is under way. What waits to be repeated is given up, and logged. */
  drained(): Promise<void>;
}

export interface BackgroundOptions {
  /** How long work that is queued is repeated after its first failure. */
  retryForMs?: number;
}

/** For `retryForMs` of what LiveKit is told: after that, the cleanup worker's reconciliation finds what it was not. */
export const MEDIA_RETRY_MS = 30_000;

const AT_ONCE = 32;
/** More work than this fails together only where LiveKit is away. The rest is left to reconciliation at once. */
const MOST_RETRYING = 64;
const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/** A quarter of the time that it has failed for, so that an outage of a second is noticed to be over within half a second. */
function retryPause(failingForMs: number): number {
  const pauseMs = Math.min(Math.max(failingForMs / 4, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
  return pauseMs * (0.5 + Math.random() / 2);
}

export function createBackground(
  logger: Logger,
  { retryForMs = 0 }: BackgroundOptions = {},
): Background {
  const pending = new Set<Promise<void>>();
  const waiting: (() => void)[] = [];
  let free = AT_ONCE;
  let goingAhead = 0;
  let draining = new AbortController();
  let retrying = 0;

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

  const inTurn = async (work: Work): Promise<void> => {
    await turn();
    await work().finally(handOn);
  };

  const repeat = async (
    what: string,
    fields: Fields,
    work: Work,
    first: unknown,
  ): Promise<void> => {
    const startedAt = performance.now();
    let error = first;
    for (let failures = 1; ; failures += 1) {
      const failingForMs = performance.now() - startedAt;
      if (draining.signal.aborted || failingForMs > retryForMs) throw error;
      logger.debug(`${what} failed, retrying`, { ...fields, failures, error });
      await delay(retryPause(failingForMs), undefined, { signal: draining.signal }).catch(() => {
        throw error;
      });
      try {
        return await inTurn(work);
      } catch (next) {
        error = next;
      }
    }
  };

  const persist = async (what: string, fields: Fields, work: Work): Promise<void> => {
    try {
      await inTurn(work);
    } catch (error) {
      if (retryForMs === 0 || retrying >= MOST_RETRYING) throw error;
      retrying += 1;
      await repeat(what, fields, work, error).finally(() => {
        retrying -= 1;
      });
    }
  };

  return {
    run,
    queue: (what, fields, work) => run(what, fields, () => persist(what, fields, work)),
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
      draining.abort();
      while (pending.size > 0) await Promise.all(pending);
      draining = new AbortController();
    },
  };
}
