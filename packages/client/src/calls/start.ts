import type { StartBody } from '@ringline/contract';
import { isInDoubt } from '../errors.ts';
import type { ClientLogger } from '../options.ts';
import { randomId } from '../random-id.ts';
import { pause, type RetryPolicy, retryDelayMs } from '../retry.ts';
import type { Signalling } from '../signalling/signalling.ts';
import type { Answers } from '../signalling/wire.ts';

type Start = StartBody & { idempotencyKey: string };

/** The starts of this device: each is answered, or comes to nothing for good. */
export interface Starts {
  /** Whether a start, or the cancelling of one, is on its way: a new call of ours may be its call. */
  readonly isPending: boolean;
  /** `use` is handed the answer while it still counts as on its way. */
  start<Used>(body: StartBody, use: (answer: Answers['call:start']) => Used): Promise<Used>;
  /** A connection has come, and is there until the signal is aborted. Never rejects. */
  connected(connection: AbortSignal): Promise<void>;
}

export interface StartsDeps {
  request: Signalling['request'];
  retry: RetryPolicy;
  logger: ClientLogger;
  /** Nothing is on its way any more. */
  onSettled(): void;
}

/** Starts that the app was told have failed: the service may have heard them, or hear them late. */
export function createStarts({ request, retry, logger, onSettled }: StartsDeps): Starts {
  const failed = new Set<Start>();
  let asking = 0;
  let connection = AbortSignal.abort();

  const settle = () => {
    if (asking === 0 && failed.size === 0) onSettled();
  };

  /** Repeated while it is refused for the moment; after the connection is lost the next one takes it up. */
  const cancel = async (start: Start, signal: AbortSignal): Promise<void> => {
    for (let attempt = 0; failed.has(start) && !signal.aborted; attempt += 1) {
      try {
        await request('call:cancel_start', start);
        failed.delete(start);
      } catch (error) {
        const delay = retryDelayMs(retry, attempt, error);
        logger.info('a failed start is not cancelled yet', { error });
        if (delay === null) failed.delete(start);
        else await pause(delay, signal);
      }
    }
    settle();
  };

  return {
    get isPending() {
      return asking + failed.size > 0;
    },
    start: async (body, use) => {
      const start = { ...body, idempotencyKey: randomId() };
      asking += 1;
      try {
        return use(await request('call:start', start));
      } catch (error) {
        if (isInDoubt(error)) {
          failed.add(start);
          void cancel(start, connection);
        }
        throw error;
      } finally {
        asking -= 1;
        settle();
      }
    },
    connected: async (signal) => {
      connection = signal;
      await Promise.all([...failed].map((start) => cancel(start, signal)));
    },
  };
}
