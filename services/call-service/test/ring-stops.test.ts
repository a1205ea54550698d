import type { RingStopCause } from '@ringline/contract';
import { type Barrier, createBarrier } from './barrier.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import { createUser, type User } from './user.ts';

let everythingIsSent: Barrier;
let operator: User;

const stack = setUpStack({ replicas: 2 });
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

beforeAll(async () => {
  everythingIsSent = await createBarrier(stack);
  operator = await createUser(stack, 'operator', { scope: 'admin' });
});

const PHONE = { device: 'phone' };

interface Stop {
  by: string;
  cause: RingStopCause;
  /** The phone of Ben when it needs no notice. */
  spared?: 'phone';
  group?: true;
  stop(callId: string): Promise<unknown>;
}

const stops: Stop[] = [
  {
    by: 'an accept on the phone',
    cause: 'answered_elsewhere',
    spared: 'phone',
    stop: (callId) => ben.act(callId, 'join', {}, PHONE),
  },
  {
    by: 'an accept without a device',
    cause: 'answered_elsewhere',
    stop: (callId) => ben.act(callId, 'join'),
  },
  {
    by: 'a call back to the caller on the phone',
    cause: 'answered_elsewhere',
    spared: 'phone',
    stop: () =>
      ben.ask('post', '/calls/start', {
        body: { type: 'audio', participantIds: [ann.id] },
        ...PHONE,
      }),
  },
  {
    by: 'a decline on the phone',
    cause: 'declined_elsewhere',
    spared: 'phone',
    stop: (callId) => ben.act(callId, 'decline', {}, PHONE),
  },
  {
    by: 'a decline as busy on the phone',
    cause: 'declined_elsewhere',
    spared: 'phone',
    stop: (callId) => ben.act(callId, 'decline', { reason: 'busy' }, PHONE),
  },
  {
    by: 'a hang-up on the phone while it rings',
    cause: 'declined_elsewhere',
    spared: 'phone',
    stop: (callId) => ben.act(callId, 'end', {}, PHONE),
  },
  { by: 'the caller who cancels', cause: 'cancelled', stop: (callId) => ann.act(callId, 'end') },
  { by: 'the caller who leaves', cause: 'cancelled', stop: (callId) => ann.act(callId, 'leave') },
  {
    by: 'the host who removes them',
    cause: 'cancelled',
    group: true,
    stop: (callId) => ann.ask('delete', `/calls/${callId}/participants/${ben.id}`),
  },
  {
    by: 'the timeout',
    cause: 'timeout',
    stop: async (callId) => {
      await stack.moveTime(30_000);
      await ann.act(callId, 'leave');
    },
  },
  { by: 'an operator', cause: 'ended', stop: (callId) => operator.act(callId, 'end') },
  {
    by: 'the host who ends a call that others have answered',
    cause: 'ended',
    group: true,
    stop: async (callId) => {
      await cleo.act(callId, 'join');
      await ann.act(callId, 'end');
    },
  },
];

test.each(stops)('a ring is stopped by $by: $cause', async ({ cause, spared, group, stop }) => {
  const devices = await Promise.all(
    ['phone', 'laptop', 'tablet'].map((id, index) => ben.connect(id, stack.replicas[index % 2])),
  );
  const callId = await ann.call(ben, ...(group ? [cleo] : []));
  await Promise.all(devices.map((device) => device.next('call:incoming')));
  await stop(callId);
  const [phone, ...others] = devices;
  const notified = spared === 'phone' ? others : devices;
  await Promise.all(notified.map((device) => device.next('call:ringing_stopped')));
  await everythingIsSent();
  const heard = devices.map(({ heard }) =>
    heard.filter(({ name }) => name === 'call:ringing_stopped').map(({ payload }) => payload),
  );
  expect(heard).toEqual(
    devices.map((device) =>
      spared !== undefined && device === phone ? [] : [{ callId, cause, seq: expect.any(Number) }],
    ),
  );
});
