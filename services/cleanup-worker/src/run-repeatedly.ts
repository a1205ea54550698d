import type { Logger, Metrics } from '@ringline/platform';

/** Something that the worker does again and again. */
export interface Job {
  name: string;
  everyMs: number;
  /**
   * One round; true when there is more to do at once. A rejection means: try again, a little later each time. A round that
   * can take seconds breaks off when `stopping` is aborted.
   */
  run: (stopping: AbortSignal) => Promise<boolean>;
}

export interface Repeating {
  /** Begins the next round now, or right after the one under way. */
  wake(): void;
  /** Resolves when the round under way has ended; there is no other after it. */
  stop(): Promise<void>;
}

/** What was waited for comes back within a blink; much more would be a promise of ours that is not kept. */
const LONGEST_PAUSE_AFTER_FAILURE_MS = 2000;

function pauseFor(milliseconds: number): { over: Promise<void>; end: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const end = () => {
    clearTimeout(timer);
    resolve();
  };
  return { over: promise, end };
}

/** Not all workers in step: what failed for all of them is then not asked for by all of them at once. */
function pauseAfterFailure({ everyMs }: Job, failures: number): number {
  const longest = Math.max(everyMs, LONGEST_PAUSE_AFTER_FAILURE_MS);
  const pause = Math.min(everyMs * 2 ** Math.min(failures, 10), longest);
  return pause / 2 + Math.random() * (pause / 2);
}

/**
 * Does a duty until it is stopped, one round after the other, never two at once. The first failure of a row is a warning
 * and so is known from the log; all are counted.
 */
export function runRepeatedly(
  duty: Job,
  { logger, metrics }: { logger: Logger; metrics: Metrics },
): Repeating {
  const stopping = new AbortController();
  let woken = false;
  let failures = 0;
  let pause = pauseFor(0);

  const failed = (error: unknown): number => {
    failures += 1;
    metrics.jobFailures.inc({ duty: duty.name });
    const log = failures === 1 ? logger.warn : logger.debug;
    log('a duty failed and will be tried again', { duty: duty.name, failures, error });
    return pauseAfterFailure(duty, failures);
  };

  const succeeded = (more: boolean): number => {
    if (failures > 0) logger.info('a duty works again', { duty: duty.name, failures });
    failures = 0;
    return more ? 0 : duty.everyMs;
  };

  const rounds = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      woken = false;
      const pauseMs = await duty.run(stopping.signal).then(succeeded, failed);
      if (stopping.signal.aborted || woken) continue;
      pause = pauseFor(pauseMs);
      await pause.over;
    }
  };

  const ended = rounds();
  return {
    wake() {
      woken = true;
      pause.end();
    },
    async stop() {
      stopping.abort();
      pause.end();
      await ended;
    },
  };
}
