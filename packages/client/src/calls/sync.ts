import type { Call } from '@ringline/contract';
import { createEmitter, type Subscribable } from '../emitter.ts';
import { hasCode } from '../errors.ts';
import type { ClientLogger } from '../options.ts';
import { pause, type RetryPolicy, retryDelayMs } from '../retry.ts';
import type { Rest } from '../signalling/rest.ts';
import type { Signalling } from '../signalling/signalling.ts';

const EVERY_MS = 10_000;
/**
 * Between two tries, on top of `Retry-After`: users must not notice an outage for longer than this.
 */
const LONGEST_DELAY_MS = 5_000;

interface SyncEvents {
  /** The time on the service's clock. */
  time: string;
  call: Call;
  /** The service does not know this call, or not for this user. */
  unknown_call: string;
  /** All calls of the answer were emitted. */
  done: undefined;
}

/**
 * Asks the service for the calls of this user, since published events may be lost. One request at a
 * time: asking meanwhile leads to another request after it. A request that is refused for the
 * moment is repeated while the connection lasts.
 */
export interface Sync extends Subscribable<SyncEvents> {
  /** The signal is aborted when the connection is lost. Never rejects. */
  handleConnected(connection: AbortSignal): Promise<void>;
  /** Never rejects. */
  now(): Promise<void>;
  /** Syncs every ten seconds while there are live calls. */
  setRegular(isRegular: boolean): void;
}

export interface SyncDeps {
  request: Signalling['request'];
  rest: Pick<Rest, 'getCall'>;
  retry: RetryPolicy;
  logger: ClientLogger;
  /** The last `seq` of each call that this device takes for live. */
  // biome-ignore lint/plugin: the wire has an object here, and its keys are ids of the service.
  getKnownSeqs(): Record<string, number>;
}

export function createSync(deps: SyncDeps): Sync {
  const { request, rest, retry, logger, getKnownSeqs } = deps;
  const emitter = createEmitter<SyncEvents>(logger);
  let running: Promise<void> | null = null;
  let isAskedAgain = false;
  let attempt = 0;
  let connection = AbortSignal.abort();
  let interval: ReturnType<typeof setInterval> | null = null;

  /** A call that the service no longer lists among this user's can still be read as a record. */
  const lookUp = async (callId: string) => {
    try {
      emitter.emit('call', await rest.getCall(callId));
    } catch (error) {
      if (!hasCode(error, 'CALL_NOT_FOUND')) throw error;
      emitter.emit('unknown_call', callId);
    }
  };

  const ask = async () => {
    const known = getKnownSeqs();
    const { calls, now } = await request('call:sync', { calls: known });
    if (now !== undefined) emitter.emit('time', now);
    for (const call of calls) emitter.emit('call', call);
    const listed = new Set(calls.map(({ id }) => id));
    for (const callId of Object.keys(known)) if (!listed.has(callId)) await lookUp(callId);
    emitter.emit('done', undefined);
  };

  /** Resolves to the delay before the next try, or to null where there is to be none. */
  const tryToAsk = async (): Promise<number | null> => {
    try {
      await ask();
      attempt = 0;
      return null;
    } catch (error) {
      logger.info('sync failed', { error });
      const delay = retryDelayMs(retry, attempt, error, LONGEST_DELAY_MS);
      attempt += 1;
      return delay;
    }
  };

  const run = async () => {
    do {
      isAskedAgain = false;
      const delay = await tryToAsk();
      if (delay !== null) {
        await pause(delay, connection);
        isAskedAgain ||= !connection.aborted;
      }
    } while (isAskedAgain);
    running = null;
  };

  const now = () => {
    if (running !== null) isAskedAgain = true;
    running ??= run();
    return running;
  };

  return {
    on: emitter.on,
    now,
    handleConnected: (signal) => {
      connection = signal;
      attempt = 0;
      return now();
    },
    setRegular: (isRegular) => {
      if (isRegular) interval ??= setInterval(now, EVERY_MS);
      else if (interval !== null) {
        clearInterval(interval);
        interval = null;
      }
    },
  };
}
