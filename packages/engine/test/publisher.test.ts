import { roomOfDevice, roomOfUser } from '@ringline/engine';

const ids = Array.from({ length: 128 }, (_, index) => 'x'.repeat(index + 1));

it.each([
  ['a user', roomOfUser],
  ['a device', (id: string) => roomOfDevice(id, 'd')],
])('the room names of %s are distinct and not as long as a socket id', (_, roomOf) => {
  const rooms = ids.map(roomOf);
  expect(rooms.map(({ length }) => length)).not.toContain(20);
  expect(new Set(rooms).size).toBe(ids.length);
});

it('devices of different users have different rooms, whatever their ids are', () => {
  const parts = ['a', 'b', 'a:b', 'b:c', 'c', ':', 'a:', ':c', 'a:b:c'];
  const rooms = parts.flatMap((userId) => parts.map((deviceId) => roomOfDevice(userId, deviceId)));
  expect(new Set(rooms).size).toBe(parts.length ** 2);
  expect(roomOfDevice('ann', 'phone:1')).toBe('device:ann:phone:1');
});
