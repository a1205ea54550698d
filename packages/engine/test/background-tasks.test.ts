import { describe, expect, it } from '@jest/globals';
import { createBackgroundTasks } from '@ringline/engine';
import { until } from '@ringline/testing/until';

function ignore() {
  return undefined;
}
function createTasks(warn: (message: string) => void = ignore, retryForMs = 0) {
  return createBackgroundTasks(
    { error: ignore, warn, info: ignore, debug: ignore },
    { retryForMs },
  );
}

describe('a queued task', () => {
  it('runs with at most 31 others', async () => {
    const { queue, drained } = createTasks();
    let [now, most, done] = [0, 0, 0];
    for (let index = 0; index < 100; index += 1) {
      queue('work', {}, async () => {
        now += 1;
        most = Math.max(most, now);
        await new Promise(setImmediate);
        now -= 1;
        done += 1;
      });
    }
    await drained();
    expect([most, done]).toEqual([32, 100]);
  });

  it('does not start while the queue is paused', async () => {
    const { queue, pause, resume, drained } = createTasks();
    const order: string[] = [];
    pause();
    queue('work', {}, async () => order.push('queued'));
    await new Promise(setImmediate);
    order.push('paused');
    resume();
    await drained();
    expect(order).toEqual(['paused', 'queued']);
  });
});

describe('a task that fails', () => {
  it('is retried until it succeeds', async () => {
    const { queue, drained } = createTasks(ignore, 60_000);
    let tries = 0;
    const { promise: succeeded, resolve } = Promise.withResolvers<void>();
    queue('work', {}, async () => {
      tries += 1;
      if (tries < 3) throw new Error('failed');
      resolve();
    });
    await succeeded;
    await drained();
    expect(tries).toBe(3);
  });

  it('takes no slot while it waits for a retry', async () => {
    const { queue, drained } = createTasks(ignore, 60_000);
    for (let index = 0; index < 100; index += 1) {
      queue('work', {}, async () => {
        throw new Error('failed');
      });
    }
    await new Promise<void>((resolve) => queue('work', {}, async () => resolve()));
    await drained();
  });

  it('is retried together with at most 63 others', async () => {
    const warnings: string[] = [];
    const { queue, drained } = createTasks((message) => warnings.push(message), 60_000);
    let tries = 0;
    for (let index = 0; index < 1000; index += 1) {
      queue('work', {}, async () => {
        tries += 1;
        throw new Error('failed');
      });
    }
    await until(
      'all were tried, and all but 64 given up',
      () => tries >= 1000 && warnings.length === 936,
    );
    await drained();
    expect(warnings).toHaveLength(1000);
  });

  it('is given up with one warning when the queue is drained', async () => {
    const warnings: string[] = [];
    const { queue, drained } = createTasks((message) => warnings.push(message), 60_000);
    const { promise: failed, resolve } = Promise.withResolvers<void>();
    queue('work', {}, async () => {
      resolve();
      throw new Error('failed');
    });
    await failed;
    await drained();
    expect(warnings).toEqual(['work failed']);
  });
});
