import type { StartBody } from '@ringline/contract';
import { createEmitter, type Subscribable } from '../emitter.ts';
import { isInDoubt } from '../errors.ts';
import type { ClientLogger } from '../options.ts';
import { createRandomId } from '../random-id.ts';
import { pause, type RetryPolicy, retryDelayMs } from '../retry.ts';
import type { Signalling } from '../signalling/signalling.ts';
import type { Answers } from '../signalling/wire.ts';

type Start = StartBody & { idempotencyKey: string };

interface StartsEvents {
  /** No start is pending any more. */
  settled: undefined;
}

/**
 * The starts of this device. One that may have been carried out although it failed is cancelled.
 */
export interface Starts extends Subscribable<StartsEvents> {
  /** A start or its cancellation is under way: a new call of this user may be its call. */
  readonly isPending: boolean;
  /** `use` gets the answer while the start still counts as pending. */
  start<Used>(body: StartBody, use: (answer: Answers['call:start']) => Used): Promise<Used>;
  /** The signal is aborted when the connection is lost. Never rejects. */
  handleConnected(connection: AbortSignal): Promise<void>;
}

export interface StartsDeps {
  request: Signalling['request'];
  retry: RetryPolicy;
  logger: ClientLogger;
}

export function createStarts({ request, retry, logger }: StartsDeps): Starts {
  const emitter = createEmitter<StartsEvents>(logger);
  const failed = new Set<Start>();
  let requests = 0;
  let connection = AbortSignal.abort();

  const settle = () => {
    if (requests === 0 && failed.size === 0) emitter.emit('settled', undefined);
  };

  /**
   * Repeated while it is refused for the moment. If the connection is lost, the next one continues.
   */
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
    on: emitter.on,
    get isPending() {
      return requests + failed.size > 0;
    },
    start: async (body, use) => {
      const start = { ...body, idempotencyKey: createRandomId() };
      requests += 1;
      try {
        return use(await request('call:start', start));
      } catch (error) {
        if (isInDoubt(error)) {
          failed.add(start);
          void cancel(start, connection);
        }
        throw error;
      } finally {
        requests -= 1;
        settle();
      }
    },
    handleConnected: async (signal) => {
      connection = signal;
      await Promise.all([...failed].map((start) => cancel(start, signal)));
    },
  };
}
