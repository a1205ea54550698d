import { setUpStack, setUpUsers } from './fixture.ts';
import { createUsers, type User } from './user.ts';

/* No worker runs beside this call service: what repeats a ring here is the call service itself. */

const stack = setUpStack({ replicas: 2 });
const [ann, ben] = setUpUsers(stack, 'ann', 'ben');

const LONG_UNHEARD_MS = 10_000;

test('a ring that no device acknowledges rings again on every device, on whichever replica', async () => {
  const [phone, tablet] = [
    await ben.connect('phone'),
    await ben.connect('tablet', stack.replicas[1]),
  ];
  await ann.call(ben);
  const first = await phone.next('call:incoming');
  await tablet.next('call:incoming');
  for (const device of [phone, tablet]) device.heard.length = 0;
  await stack.moveTime(LONG_UNHEARD_MS);
  for (const device of [phone, tablet]) {
    expect(await device.next('call:incoming')).toMatchObject({
      callId: first.callId,
      seq: first.seq,
    });
  }
});

test('a ring that a device has acknowledged is not heard again, while another is', async () => {
  const [cleo, dan] = (await createUsers(stack, 'cleo', 'dan')) as [User, User];
  const [heard, unheard] = [await ben.connect(), await dan.connect()];
  const callId = await ann.call(ben);
  await heard.next('call:incoming');
  await heard.send('call:ringing', { callId });
  await cleo.call(dan);
  await unheard.next('call:incoming');
  for (const device of [heard, unheard]) device.heard.length = 0;
  await stack.moveTime(LONG_UNHEARD_MS);
  await unheard.next('call:incoming');
  expect(heard.names()).not.toContain('call:incoming');
  for (const user of [cleo, dan]) user.forget();
});
