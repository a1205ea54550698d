import { asRinglineError, type RinglineError } from '../errors.ts';
import type { ClientLogger } from '../options.ts';
import { pause, type RetryPolicy, retryDelayMs } from '../retry.ts';
import type { Tokens } from './tokens.ts';

/** Between two renewals, for a host app that gives tokens which are about to run out. */
const SHORTEST_MS = 1_000;
/** Longer timers than this wrap around in browsers and in Node, and fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

export interface TokenRefreshDeps {
  tokens: Tokens;
  /** Tells the service of the new token, so that it keeps the socket open beyond the old one's end. */
  send(token: string): Promise<unknown>;
  retry: RetryPolicy;
  onError(error: RinglineError): void;
  logger: ClientLogger;
}

async function refreshOnce(
  { tokens, send, retry, onError, logger }: TokenRefreshDeps,
  signal: AbortSignal,
) {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await send(await tokens.renew());
      return;
    } catch (cause) {
      if (signal.aborted) return;
      const error = asRinglineError(cause);
      // That the service is busy is nothing that the app has done or could do.
      if (error.code === 'RATE_LIMITED') logger.info('the token is not renewed yet', { error });
      else onError(error);
      const delay = retryDelayMs(retry, attempt, error) ?? retry.delayMs(attempt);
      if (delay === null) return;
      await pause(delay, signal);
    }
  }
}

/**
 * Renews the token of a connected socket before each one runs out, until the signal is aborted. A fixed
 * token is left to run out.
 */
export async function keepTokenFresh(deps: TokenRefreshDeps, signal: AbortSignal): Promise<void> {
  const { tokens } = deps;
  while (!signal.aborted && tokens.renewable && tokens.renewAt !== null) {
    // A timer may be early by a moment, so the clock is asked again before the host app is.
    const wait = tokens.renewAt - Date.now();
    if (wait > 0) {
      await pause(Math.min(LONGEST_MS, wait), signal);
    } else {
      await refreshOnce(deps, signal);
      await pause(SHORTEST_MS, signal);
    }
  }
}
