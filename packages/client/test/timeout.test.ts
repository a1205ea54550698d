import { jest } from '@jest/globals';
import { withAbortTimeout, withTimeout } from '#src/timeout.ts';
import { useFakeTimers } from './fixtures/environment.ts';

function never() {
  return new Promise<string>(() => undefined);
}
function tooLate() {
  return new Error('too late');
}

useFakeTimers();

describe('waiting with a timeout', () => {
  it('settles with a result in time, and leaves no timer behind', async () => {
    expect(await withTimeout(100, Promise.resolve('here'), tooLate)).toBe('here');
    const failed = withTimeout(100, Promise.reject(new Error('failed')), tooLate);
    await expect(failed).rejects.toThrow('failed');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('rejects after the limit', async () => {
    const late = withTimeout(100, never(), tooLate);
    jest.advanceTimersByTime(100);
    await expect(late).rejects.toThrow('too late');
  });
});

describe('a signal with a timeout', () => {
  const untilAborted = (signal: AbortSignal) =>
    new Promise<string>((resolve) => {
      if (signal.aborted) resolve('aborted');
      signal.addEventListener('abort', () => resolve('aborted'));
    });

  it('is aborted after the limit', async () => {
    const aborted = withAbortTimeout(100, new AbortController().signal, untilAborted);
    jest.advanceTimersByTime(100);
    expect(await aborted).toBe('aborted');
  });

  it('is aborted with its parent, even one that was aborted before', async () => {
    const parent = new AbortController();
    const aborted = withAbortTimeout(100, parent.signal, untilAborted);
    parent.abort();
    expect(await aborted).toBe('aborted');
    expect(await withAbortTimeout(100, parent.signal, untilAborted)).toBe('aborted');
    expect(jest.getTimerCount()).toBe(0);
  });
});
