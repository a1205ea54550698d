import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_AGAIN_MS = 20;

/**
 * Waits until `look` finds something: anything but false, null and undefined. The bound is generous, since only a fault
 * meets it; a test never waits for time itself.
 * @throws Error that says what did not come, with the last exception of `look` as its cause.
 */
export async function until<Found>(
  what: string,
  look: () => Found | Promise<Found>,
  withinMs = 15_000,
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
    await sleep(LOOK_AGAIN_MS);
  }
  throw new Error(`within ${withinMs / 1000} s, not so: ${what}`, { cause });
}
