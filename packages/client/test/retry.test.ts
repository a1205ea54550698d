import { jest } from '@jest/globals';
import { exponentialBackoff, pause } from '#src/retry.ts';

const delays = (random: number) =>
  [0, 1, 2, 3, 4, 5, 6, 50].map((attempt) => exponentialBackoff(() => random).delayMs(attempt));

describe('the pace of reconnecting', () => {
  it('doubles up to ten seconds', () => {
    expect(delays(1)).toEqual([300, 600, 1200, 2400, 4800, 9600, 10_000, 10_000]);
  });

  it('leaves half of each delay to chance', () => {
    expect(delays(0)).toEqual([150, 300, 600, 1200, 2400, 4800, 5000, 5000]);
  });
});

describe('a pause', () => {
  it('ends at once when it is called off', async () => {
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
