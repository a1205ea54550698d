import type { Emitter } from '../emitter.ts';
import { asRinglineError, isRateLimited, type RinglineError } from '../errors.ts';
import type { ClientLogger } from '../options.ts';
import { pause, type RetryPolicy, retryDelayMs } from '../retry.ts';
import type { Tokens } from './tokens.ts';

/** Between two renewals, for a host app whose tokens are about to expire. */
const SHORTEST_MS = 1_000;
/** Longer timers overflow in browsers and in Node, and fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

export interface TokenRefreshDeps {
  tokens: Tokens;
  /** Sends the new token to the service, which closes the socket when the old one expires. */
  send(token: string): Promise<unknown>;
  retry: RetryPolicy;
  emitter: Pick<Emitter<{ error: RinglineError }>, 'emit'>;
  logger: ClientLogger;
}

async function refreshOnce(
  { tokens, send, retry, emitter, logger }: TokenRefreshDeps,
  signal: AbortSignal,
) {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await send(await tokens.renew());
      return;
    } catch (cause) {
      if (signal.aborted) return;
      const error = asRinglineError(cause);
      if (isRateLimited(error)) logger.info('the token is not renewed yet', { error });
      else emitter.emit('error', error);
      const delay = retryDelayMs(retry, attempt, error) ?? retry.delayMs(attempt);
      if (delay === null) return;
      await pause(delay, signal);
    }
  }
}

/**
 * Renews the token of a connected socket until the signal is aborted. A fixed token is left to
 * expire.
 */
export async function refreshTokens(deps: TokenRefreshDeps, signal: AbortSignal): Promise<void> {
  const { tokens } = deps;
  while (!signal.aborted && tokens.renewable && tokens.renewAt !== null) {
    // Timers may fire early: check the clock again before asking the host app.
    const wait = tokens.renewAt - Date.now();
    if (wait > 0) {
      await pause(Math.min(LONGEST_MS, wait), signal);
    } else {
      await refreshOnce(deps, signal);
      await pause(SHORTEST_MS, signal);
    }
  }
}
