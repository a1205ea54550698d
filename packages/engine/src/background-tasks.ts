import type { Logger } from '@ringline/platform';
import PQueue from 'p-queue';
import pRetry, { type RetryContext } from 'p-retry';

type Fields = Record<string, unknown>;
type Task = () => Promise<unknown>;

/**
 * Work that no response waits for. Failures are logged. The process finishes it before it exits.
 */
export interface BackgroundTasks {
  run(what: string, fields: Fields, task: Task): void;
  /**
   * Runs at most 32 tasks at once, so that thousands of calls that end together do not flood
   * LiveKit. A failed task is retried until `retryForMs` after it was queued. It takes no slot
   * while it waits, and at most 64 tasks wait for a retry.
   */
  queue(what: string, fields: Fields, task: Task): void;
  /** Starts no queued task until `resume`. */
  pause(): void;
  resume(): void;
  /** Resolves when all tasks are done. Tasks that wait for a retry are given up and logged. */
  drained(): Promise<void>;
}

export interface BackgroundTaskOptions {
  /** How long a queued task may be retried; 0 by default. */
  retryForMs?: number;
}

/** After that, reconciliation repairs the difference. */
export const MEDIA_RETRY_MS = 30_000;

const CONCURRENCY = 32;
/**
 * More tasks than this fail together only while LiveKit is away. Reconciliation repairs the rest.
 */
const MAX_RETRYING = 64;
const MIN_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1000;

export function createBackgroundTasks(
  logger: Logger,
  { retryForMs = 0 }: BackgroundTaskOptions = {},
): BackgroundTasks {
  const queue = new PQueue({ concurrency: CONCURRENCY });
  const pending = new Set<Promise<void>>();
  let draining = new AbortController();
  let retrying = 0;

  function run(what: string, fields: Fields, task: Task): void {
    const settled = task()
      .then(() => undefined)
      .catch((error: unknown) => logger.warn(`${what} failed`, { ...fields, error }))
      .finally(() => pending.delete(settled));
    pending.add(settled);
  }

  async function runQueued(what: string, fields: Fields, task: Task): Promise<void> {
    let isRetrying = false;
    let isDone = false;
    let lastError: unknown;
    const shouldRetry = ({ error, attemptNumber: failures }: RetryContext): boolean => {
      lastError = error;
      if (!isRetrying && retrying >= MAX_RETRYING) return false;
      if (!isRetrying) retrying += 1;
      isRetrying = true;
      logger.debug(`${what} failed, retrying`, { ...fields, failures, error });
      return true;
    };
    try {
      const attempt = async () => {
        await queue.add(task);
        isDone = true;
      };
      await pRetry(attempt, {
        retries: Number.POSITIVE_INFINITY,
        maxRetryTime: retryForMs,
        minTimeout: MIN_PAUSE_MS,
        maxTimeout: MAX_PAUSE_MS,
        randomize: true,
        signal: draining.signal,
        shouldRetry,
      });
    } catch (error) {
      // An abort also rejects when the last attempt has succeeded, and otherwise hides the task's
      // own error.
      if (!isDone) throw lastError ?? error;
    } finally {
      if (isRetrying) retrying -= 1;
    }
  }

  return {
    run,
    queue: (what, fields, task) => run(what, fields, () => runQueued(what, fields, task)),
    pause: () => queue.pause(),
    resume: () => {
      queue.start();
    },
    async drained() {
      draining.abort();
      while (pending.size > 0) await Promise.all(pending);
      draining = new AbortController();
    },
  };
}
