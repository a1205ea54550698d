import { setTimeout as sleep } from 'node:timers/promises';

const POLL_EVERY_MS = 20;

/**
 * Polls until `look` returns something other than false, null and undefined. The time limit is
 * generous: only a failing test reaches it.
 * @throws Error with what was waited for, and the last exception of `look` as its cause.
 */
export async function until<Found>(
  what: string,
  look: () => Found | Promise<Found>,
  withinMs = 30_000,
): Promise<NonNullable<Exclude<Found, false>>> {
  const deadline = performance.now() + withinMs;
  let cause: unknown;
  while (performance.now() < deadline) {
    try {
      const found = await look();
      if (found !== false && found !== null && found !== undefined) {
        return found as NonNullable<Exclude<Found, false>>;
      }
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await sleep(POLL_EVERY_MS);
  }
  throw new Error(`timed out after ${withinMs / 1000} s, waiting until ${what}`, { cause });
}
