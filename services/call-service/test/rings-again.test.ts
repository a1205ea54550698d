import { setUpStack, setUpUsers } from './fixture.ts';
import { createUsers, type User } from './user.ts';

const stack = setUpStack({ replicas: 2 });
const [ann, ben] = setUpUsers(stack, 'ann', 'ben');

const AGAIN_AFTER_MS = 2000;

test('a ring without an acknowledgement is repeated on every device, at any replica', async () => {
  const [phone, tablet] = [
    await ben.connect('phone'),
    await ben.connect('tablet', stack.replicas[1]),
  ];
  await ann.call(ben);
  const first = await phone.next('call:incoming');
  await tablet.next('call:incoming');
  for (let round = 1; round <= 2; round += 1) {
    for (const device of [phone, tablet]) device.heard.length = 0;
    await stack.moveTime(AGAIN_AFTER_MS);
    for (const device of [phone, tablet]) {
      expect(await device.next('call:incoming')).toMatchObject({
        callId: first.callId,
        seq: first.seq,
      });
    }
  }
});

test('a ring that a device has acknowledged is not repeated, while another one is', async () => {
  const [cleo, dan] = (await createUsers(stack, 'cleo', 'dan')) as [User, User];
  const [heard, unheard] = [await ben.connect(), await dan.connect()];
  const callId = await ann.call(ben, dan);
  await heard.next('call:incoming');
  await heard.send('call:ringing', { callId });
  await unheard.next('call:incoming');
  for (const device of [heard, unheard]) device.heard.length = 0;
  await stack.moveTime(AGAIN_AFTER_MS);
  const { call } = await unheard.next('call:incoming');
  // The repeated ring shows the call as it is now.
  const benNow = call.participants.find(({ userId }: { userId: string }) => userId === ben.id);
  expect(benNow.state).toBe('ringing');
  expect(heard.names()).not.toContain('call:incoming');
  for (const user of [cleo, dan]) user.forget();
});

test('a ring is not repeated after the answer or the end of its call', async () => {
  const [cleo, dan, eve, fay] = (await createUsers(stack, 'cleo', 'dan', 'eve', 'fay')) as User[];
  if (!cleo || !dan || !eve || !fay) throw new Error('four users were asked for');
  const [answering, cancelled, ringing] = [
    await ben.connect(),
    await dan.connect(),
    await fay.connect(),
  ];
  const answered = await ann.call(ben);
  await answering.next('call:incoming');
  await answering.send('call:accept', { callId: answered });
  const over = await cleo.call(dan);
  await cancelled.next('call:incoming');
  await cleo.act(over, 'end');
  await eve.call(fay);
  await ringing.next('call:incoming');
  for (const device of [answering, cancelled, ringing]) device.heard.length = 0;
  for (let round = 1; round <= 2; round += 1) {
    await stack.moveTime(AGAIN_AFTER_MS);
    await ringing.next('call:incoming');
    ringing.heard.length = 0;
  }
  expect(answering.names()).not.toContain('call:incoming');
  expect(cancelled.names()).not.toContain('call:incoming');
  for (const user of [cleo, dan, eve, fay]) user.forget();
});

test('a callee without a connected device causes no write until the ring times out', async () => {
  const [cleo, dan] = (await createUsers(stack, 'cleo', 'dan')) as [User, User];
  const versions = async () => {
    const { rows } = await stack.database.query(
      'SELECT user_id, xmin::text FROM call_participants WHERE user_id = ANY ($1) ORDER BY user_id',
      [[ben.id, dan.id]],
    );
    return rows;
  };
  const ringing = await dan.connect();
  await ann.call(ben);
  await cleo.call(dan);
  await ringing.next('call:incoming');
  const before = await versions();
  for (let round = 1; round <= 2; round += 1) {
    ringing.heard.length = 0;
    await stack.moveTime(AGAIN_AFTER_MS);
    await ringing.next('call:incoming');
  }
  expect(await versions()).toEqual(before);
  for (const user of [cleo, dan]) user.forget();
});
