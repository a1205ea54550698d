import { type Service, startService } from '@ringline/testing/service';
import { startTcpProxy, type TcpProxy } from '@ringline/testing/tcp-proxy';
import { until } from '@ringline/testing/until';
import { setUpStack } from './fixture.ts';
import type { Replica } from './stack.ts';
import { createUsers, type User } from './user.ts';

/**
 * Redis gets two seconds for a command, and the worker waits for one more before it publishes the
 * rest.
 */
const WITHIN_MS = 30_000;

let worker: Service;
let proxy: TcpProxy;
/** Its connections to Redis go through the proxy. */
let stalling: Replica;
let ann: User;
let ben: User;

// Defined before the stack, so that it runs before the stack is closed.
afterAll(async () => {
  ann.forget();
  ben.forget();
  await worker.stop();
});
const stack = setUpStack();
afterAll(() => proxy.close());

beforeAll(async () => {
  worker = await startService('cleanup-worker', stack.env);
  proxy = await startTcpProxy(stack.redis.url, (client, server) => {
    client.pipe(server);
    server.pipe(client);
  });
  stalling = await stack.startReplica({ REDIS_URL: proxy.url });
  [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
}, 60_000);

/** Drops all traffic without closing either side. */
function stall(): void {
  for (const socket of proxy.sockets) socket.pause();
}
function cut(): void {
  for (const socket of proxy.sockets) socket.destroy();
}

describe('a connection to Redis that stalls, and then dies', () => {
  it('keeps no committed event from the sockets of another replica', async () => {
    const device = await ben.connect('phone');
    const callId = await ann.call(ben);
    await device.next('call:incoming');
    expect(await device.send('call:accept', { callId })).toMatchObject({ ok: true });

    stall();
    const on = stalling;
    const muted = await ann.ask('patch', `/calls/${callId}/participant`, {
      body: { audioEnabled: false },
      on,
    });
    expect(muted.status).toBe(200);
    expect(await ann.act(callId, 'end', {}, { on })).toMatchObject({ status: 200 });
    expect(device.names()).not.toContain('call:ended');
    cut();

    await until(
      'the other replica’s device has received all events without a sync',
      () => {
        const names = device.names();
        return names.includes('call:participant_updated') && names.includes('call:ended');
      },
      WITHIN_MS,
    );
    await until('the outbox is empty', async () => {
      const { rows } = await stack.database.query('SELECT FROM outbox');
      return rows.length === 0;
    });
  }, 60_000);
});
