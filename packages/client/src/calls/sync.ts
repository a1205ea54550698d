import type { Call } from '@ringline/contract';
import { RinglineError } from '../errors.ts';
import type { ClientLogger } from '../options.ts';
import { pause, type RetryPolicy, retryDelayMs } from '../retry.ts';
import type { Rest } from '../signalling/rest.ts';
import type { Signalling } from '../signalling/signalling.ts';

const EVERY_MS = 10_000;
/** Between two tries, on top of what the service asks for. An outage must not be felt for longer than this. */
const LONGEST_DELAY_MS = 5_000;

/**
 * Asks the service for the truth: publishing is not delivery, so whatever was lost on the way is found
 * here. One question at a time; whoever asks meanwhile gets another one after it. A question that is refused for
 * the moment is repeated, for as long as the connection lasts.
 */
export interface Sync {
  /** A connection has come, and is there until the signal is aborted: asks. Never rejects. */
  connected(connection: AbortSignal): Promise<void>;
  /** Asks. Never rejects. */
  now(): Promise<void>;
  /** Runs the clock while there are live calls. */
  tick(live: boolean): void;
  close(): void;
}

export interface SyncDeps {
  request: Signalling['request'];
  rest: Rest;
  retry: RetryPolicy;
  logger: ClientLogger;
  /** The calls that this client holds to be live, with the `seq` up to which it knows them. */
  // biome-ignore lint/plugin: the wire wants an object, and the keys are ids that the service gave.
  known(): Record<string, number>;
  /** The service's clock shows this. */
  onTime(instant: string): void;
  onCall(snapshot: Call): void;
  /** All that the service named has been handed to `onCall`. */
  onDone(): void;
  /** The service does not know this call, or not for this user. */
  onUnknown(callId: string): void;
}

export function createSync(deps: SyncDeps): Sync {
  const { request, rest, retry, logger, known, onTime, onCall, onDone, onUnknown } = deps;
  let running: Promise<void> | null = null;
  let again = false;
  let attempt = 0;
  let connection = AbortSignal.abort();
  let clock: ReturnType<typeof setInterval> | null = null;

  /** What the service no longer lists among ours can still be read as a record. */
  const lookUp = async (callId: string) => {
    try {
      onCall(await rest.getCall(callId));
    } catch (error) {
      if (!(error instanceof RinglineError) || error.code !== 'CALL_NOT_FOUND') throw error;
      onUnknown(callId);
    }
  };

  /** Resolves to how long to wait before the question is repeated; null if it is not to be. */
  const ask = async (): Promise<number | null> => {
    const calls = known();
    try {
      const answer = await request('call:sync', { calls });
      if (answer.now !== undefined) onTime(answer.now);
      for (const call of answer.calls) onCall(call);
      const named = new Set(answer.calls.map((call) => call.id));
      for (const callId of Object.keys(calls)) if (!named.has(callId)) await lookUp(callId);
      onDone();
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
      again = false;
      const delay = await ask();
      if (delay !== null) {
        await pause(delay, connection);
        again ||= !connection.aborted;
      }
    } while (again);
    running = null;
  };

  const now = () => {
    if (running !== null) again = true;
    running ??= run();
    return running;
  };

  const stop = () => {
    if (clock !== null) clearInterval(clock);
    clock = null;
  };

  return {
    now,
    connected: (signal) => {
      connection = signal;
      attempt = 0;
      return now();
    },
    tick: (live) => {
      if (!live) stop();
      else clock ??= setInterval(now, EVERY_MS);
    },
    close: stop,
  };
}
