import { setTimeout as delay } from 'node:timers/promises';
import { until } from '@ringline/testing/until';
import { BURST, SOCKETS, setUpLimitedStack } from './limited-stack.ts';
import type { Replica } from './stack.ts';
import { createUsers, type User } from './user.ts';

let other: Replica;

const stack = setUpLimitedStack();
beforeAll(async () => {
  other = stack.replicas[1] as Replica;
});

async function refusals(limit: string): Promise<number> {
  const { values } = await stack.replicas[0].metrics.rateLimitRefusals.get();
  return values.find(({ labels }) => labels.limit === limit)?.value ?? 0;
}

describe('sockets of one user', () => {
  test('are limited on all replicas together; a closed one makes room', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    const devices = await Promise.all([
      ann.connect(),
      ann.connect(undefined, other),
      ann.connect(),
    ]);
    for (const replica of [stack.replicas[0], other]) {
      await expect(ann.connect(undefined, replica)).rejects.toMatchObject({
        data: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) },
      });
    }
    await ben.connect();
    devices[0]?.close();
    // The place is given back a moment after the socket closes.
    const again = await until('a place for one more', () => ann.connect());
    expect(again.names()).toContain('call:sync');
    ann.forget();
    ben.forget();
  });

  test('stay within the limit when many connect at once', async () => {
    const [ann] = (await createUsers(stack, 'ann')) as [User];
    const tries = await Promise.allSettled(
      Array.from({ length: 12 }, (_, nth) => ann.connect(undefined, nth % 2 ? other : undefined)),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(SOCKETS);
    ann.forget();
  });
});

describe('events of one socket', () => {
  test('are limited: a burst passes, then a number each second', async () => {
    const [ann] = (await createUsers(stack, 'ann')) as [User];
    const device = await ann.connect();
    const before = await refusals('socket_events');
    const answering = Promise.all(
      Array.from({ length: BURST + 5 }, () => device.send('call:sync')),
    );
    // Directly after the burst: a moment later there would be room for one again.
    device.socket.emit('call:sync', {});
    const refused = (await answering).filter(({ ok }) => !ok);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    expect(refused.length).toBeLessThanOrEqual(5);
    expect(refused[0].error).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 1 });
    expect(await device.next('call:error')).toMatchObject({
      code: 'RATE_LIMITED',
      event: 'call:sync',
    });
    expect((await refusals('socket_events')) - before).toBe(refused.length + 1);
    await delay(refused[0].error.retryAfterSeconds * 1000);
    expect(await device.send('call:sync')).toMatchObject({ ok: true });
    ann.forget();
  });

  test('close the socket when they go on in spite of refusals, without harm to other sockets', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    const [flooding, calm] = await Promise.all([ann.connect(), ben.connect()]);
    const closed = new Promise((resolve) => flooding.socket.on('disconnect', resolve));
    for (let nth = 0; nth < 1000; nth += 1) flooding.socket.emit('call:sync', {});
    expect(await closed).toBe('io server disconnect');
    expect(await calm.send('call:sync')).toMatchObject({ ok: true });
    ann.forget();
    ben.forget();
  });
});
