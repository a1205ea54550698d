import type { Resource } from './lifecycle.ts';
import type { Logger } from './logger.ts';

/** Work that a process repeats until it stops. */
export interface Job {
  name: string;
  everyMs: number;
  /**
   * One run. Resolves to true when there is more to do at once. After a rejection the next run
   * comes later each time. A run that can take seconds stops early when `stopping` is aborted.
   */
  run: (stopping: AbortSignal) => Promise<unknown>;
}

export interface Repetition extends Resource {
  /** Starts the next run now, or right after the current one. */
  wake(): void;
  /** Resolves when the current run has ended. No other follows. */
  close(): Promise<void>;
}

/** Dependencies usually recover quickly; a longer backoff would miss our deadlines. */
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

/** Random, so that processes that failed together do not retry together. */
function pauseAfterFailure({ everyMs }: Job, failures: number): number {
  const longest = Math.max(everyMs, LONGEST_PAUSE_AFTER_FAILURE_MS);
  const pause = Math.min(everyMs * 2 ** Math.min(failures, 10), longest);
  return pause / 2 + Math.random() * (pause / 2);
}

/**
 * Runs a job at once and then `everyMs` after each end of it, never twice at a time. Warns of the
 * first failure in a row, and logs when the job works again.
 */
export function runRepeatedly(job: Job, logger: Logger): Repetition {
  const stopping = new AbortController();
  let woken = false;
  let failures = 0;
  let pause = pauseFor(0);

  const failed = (error: unknown): number => {
    failures += 1;
    const log = failures === 1 ? logger.warn : logger.debug;
    log('job failed, retrying', { job: job.name, failures, error });
    return pauseAfterFailure(job, failures);
  };

  const succeeded = (result: unknown): number => {
    if (failures > 0) logger.info('job works again', { job: job.name, failures });
    failures = 0;
    return result === true ? 0 : job.everyMs;
  };

  const repeat = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      woken = false;
      const pauseMs = await job.run(stopping.signal).then(succeeded, failed);
      if (stopping.signal.aborted || woken) continue;
      pause = pauseFor(pauseMs);
      await pause.over;
    }
  };

  const ended = repeat();
  return {
    name: job.name,
    wake() {
      woken = true;
      pause.end();
    },
    async close() {
      stopping.abort();
      pause.end();
      await ended;
    },
  };
}
