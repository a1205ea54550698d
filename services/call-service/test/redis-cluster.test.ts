import {
  type RedisCluster,
  type RedisMaster,
  startRedisCluster,
} from '@ringline/testing/redis-cluster';
import { until } from '@ringline/testing/until';
import type { Device } from './device.ts';
import { setUpStack } from './fixture.ts';
import type { Replica } from './stack.ts';
import { createUsers, type User } from './user.ts';

const NAMES = ['ann', 'ben', 'cleo', 'dan', 'eva', 'finn', 'gia', 'hugo', 'ida'];

let cluster: RedisCluster;
let here: Replica;
let elsewhere: Replica;

const stack = setUpStack();
afterAll(() => cluster?.stop());
beforeAll(async () => {
  cluster = await startRedisCluster();
  here = await stack.startReplica({ REDIS_URL: cluster.url });
  elsewhere = await stack.startReplica({ REDIS_URL: cluster.url });
});

function masterOfUser({ id }: User): Promise<RedisMaster> {
  return cluster.masterOf(`socket.io#/#user:${id}#`);
}

function rings(device: Device, callId: string): number {
  return device.heard.filter(
    ({ name, payload }) => name === 'call:incoming' && payload.callId === callId,
  ).length;
}

async function start(caller: User, callee: User): Promise<string> {
  const body = { type: 'audio', participantIds: [callee.id] };
  const { status, body: answer } = await caller.ask('post', '/calls/start', {
    body,
    on: elsewhere,
  });
  expect(status).toBe(201);
  return answer.call.id;
}

test('users whose Redis master is away still ring, and hear from other replicas again when it is back', async () => {
  const [ann, ben, ...others] = (await createUsers(stack, ...NAMES)) as [User, User, ...User[]];
  const phone = await ben.connect('phone', here);
  const master = await masterOfUser(ben);
  await master.kill();

  const callId = await start(ann, ben);
  await until('it rings', () => rings(phone, callId) > 0, 10_000);
  // Devices come and go meanwhile, a third of them on the master to which no process can subscribe.
  const visits = await Promise.all(others.map((one) => one.connect('visit', here)));
  for (const visit of visits) visit.close();
  const tablet = await ben.connect('tablet', here);
  await until('the tablet rings', () => rings(tablet, callId) > 0, 10_000);
  phone.close();
  expect(await tablet.send('call:ringing', { callId })).toMatchObject({ ok: true });
  expect((await ann.act(callId, 'end', {}, { on: elsewhere })).status).toBe(200);

  await master.restart();
  await cluster.whole();
  await until('a ring comes from another replica at once', async () => {
    const next = await start(ann, ben);
    await ann.act(next, 'end', {}, { on: elsewhere });
    await tablet.send('call:sync');
    return rings(tablet, next) > 0;
  });
});
