import { roomOfDevice, roomOfUser } from '@ringline/engine';

const ids = Array.from({ length: 128 }, (_, index) => 'x'.repeat(index + 1));

it.each([
  ['a user', roomOfUser],
  ['a device', (id: string) => roomOfDevice(id, 'd')],
])('no room of %s is taken for that of a socket, and each is another', (_, roomOf) => {
  const rooms = ids.map(roomOf);
  expect(rooms.map(({ length }) => length)).not.toContain(20);
  expect(new Set(rooms).size).toBe(ids.length);
});

it('no device of one user has the room of a device of another, whatever both are called', () => {
  const parts = ['a', 'b', 'a:b', 'b:c', 'c', ':', 'a:', ':c', 'a:b:c'];
  const rooms = parts.flatMap((userId) => parts.map((deviceId) => roomOfDevice(userId, deviceId)));
  expect(new Set(rooms).size).toBe(parts.length ** 2);
  expect(roomOfDevice('ann', 'phone:1')).toBe('device:ann:phone:1');
});
