import { jest } from '@jest/globals';
import { RinglineError, type RinglineErrorCode } from '#src/errors.ts';
import { exponentialBackoff, pause, retryDelayMs } from '#src/retry.ts';

function delays(random: number) {
  return [0, 1, 2, 3, 4, 5, 6, 50].map((attempt) =>
    exponentialBackoff(() => random).delayMs(attempt),
  );
}

describe('exponential backoff', () => {
  it('doubles up to ten seconds', () => {
    expect(delays(1)).toEqual([300, 600, 1200, 2400, 4800, 9600, 10_000, 10_000]);
  });

  it('randomizes half of each delay', () => {
    expect(delays(0)).toEqual([150, 300, 600, 1200, 2400, 4800, 5000, 5000]);
  });
});

describe('the delay after a refusal', () => {
  const retry = { delayMs: (attempt: number) => (attempt < 3 ? 1000 * (attempt + 1) : null) };
  const delayAfter = (code: RinglineErrorCode, attempt: number, retryAfterSeconds?: number) => {
    const details = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    return retryDelayMs(retry, attempt, new RinglineError(code, code, { details }), 2000);
  };

  it('is the delay of the policy, within the bound', () => {
    expect([0, 1, 2].map((attempt) => delayAfter('UNAVAILABLE', attempt))).toEqual([
      1000, 2000, 2000,
    ]);
  });

  it('grows by Retry-After', () => {
    expect(delayAfter('RATE_LIMITED', 2, 7)).toBe(9000);
  });

  it('is null when the policy gives up', () => {
    expect(delayAfter('UNAVAILABLE', 3, 7)).toBeNull();
  });

  it('is null after a final refusal, and after any other error', () => {
    expect(delayAfter('CALL_ENDED', 0)).toBeNull();
    expect(retryDelayMs(retry, 0, new TypeError('a bug'))).toBeNull();
  });
});

describe('a pause', () => {
  it('ends at once when it is aborted', async () => {
    jest.useFakeTimers();
    const ending = new AbortController();
    const ended = pause(60_000, ending.signal);
    ending.abort();
    await ended;
    expect(jest.getTimerCount()).toBe(0);
    await pause(60_000, ending.signal);
    jest.useRealTimers();
  });
});
