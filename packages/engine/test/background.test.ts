import { describe, expect, it } from '@jest/globals';
import { createBackground } from '@ringline/engine';

const ignore = (): void => undefined;
const background = () =>
  createBackground({ error: ignore, warn: ignore, info: ignore, debug: ignore });

describe('work that is queued', () => {
  it('is done by so many at once and no more', async () => {
    const { queue, drained } = background();
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

  it('does not begin while there is work that goes ahead, and is done after it', async () => {
    const { queue, ahead, drained } = background();
    const order: string[] = [];
    const went = ahead(async () => {
      queue('work', {}, async () => order.push('queued'));
      await new Promise(setImmediate);
      order.push('ahead');
      return 'result';
    });
    expect(await went).toBe('result');
    await drained();
    expect(order).toEqual(['ahead', 'queued']);
  });

  it('is done as well where what goes ahead fails', async () => {
    const { queue, ahead, drained } = background();
    let done = false;
    const failing = ahead(async () => {
      queue('work', {}, async () => {
        done = true;
      });
      throw new Error('failed');
    });
    await expect(failing).rejects.toThrow('failed');
    await drained();
    expect(done).toBe(true);
  });
});
