import type { Socket as TcpSocket } from 'node:net';
import { until } from '@ringline/testing/until';
import type { Device } from './device.ts';
import { setUp } from './fixture.ts';
import { startProcesses } from './processes.ts';
import { createUsers, type User } from './user.ts';

const RELAYED_BYTES = 60_000;
const MAX_WAITING_BYTES = 1_000_000;
/**
 * The kernels of both sides buffer up to about 5 MB before data waits in the process; then 1 MB may
 * wait.
 */
const CLOSED_WITHIN_BYTES = 16_000_000;

const place = setUp(() =>
  startProcesses(1, {
    RATE_LIMIT_SOCKET_EVENTS_PER_SECOND: '0',
    RATE_LIMIT_SOCKET_BYTES_PER_SECOND: '0',
  }),
);

function tcpOf({ socket }: Device): TcpSocket {
  // biome-ignore lint/suspicious/noExplicitAny: the connection below the socket, which has no type of its own.
  return (socket.io.engine.transport as any).ws._socket;
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${place.replicas[0].internalUrl}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
}
function closedSockets() {
  return metric('ringline_unread_sockets_closed_total');
}

/** All users are in one call, each with one device. */
async function meet(names: string[]) {
  const users = (await createUsers(place, ...names)) as [User, ...User[]];
  const [caller, ...others] = users;
  const devices = await Promise.all(users.map((user) => user.connect('phone')));
  const callId = await caller.call(...others);
  for (const other of others) {
    const joined = await other.act(callId, 'join', {}, { device: 'phone' });
    expect(joined.status).toBe(200);
  }
  return { users, devices: devices as [Device, ...Device[]], callId };
}

const sdp = 'x'.repeat(RELAYED_BYTES - 200);

test('a client that does not read is cut off before it exhausts the memory, and is synced when it is back', async () => {
  const { users, devices, callId } = await meet(['reader', 'a', 'b', 'c', 'd', 'e', 'f', 'g']);
  const [reader] = users;
  const [unread, ...senders] = devices;
  tcpOf(unread).pause();

  let sent = 0;
  while ((await closedSockets()) === 0 && sent < CLOSED_WITHIN_BYTES) {
    await Promise.all(
      senders.map((sender) => sender.send('webrtc:offer', { callId, to: reader.id, sdp })),
    );
    sent += senders.length * RELAYED_BYTES;
  }
  expect(await closedSockets()).toBe(1);
  // It is closed at once, without the closing handshake that it would not answer.
  expect(await metric('ringline_sockets')).toBe(senders.length);
  const line = /closed a socket whose client does not read.*/.exec(place.replicas[0].output())?.[0];
  expect(line).toContain(reader.id);
  const waited = Number(/bytes\W+(\d+)/.exec(line ?? '')?.[1]);
  expect(waited).toBeGreaterThan(MAX_WAITING_BYTES);
  expect(waited).toBeLessThanOrEqual(MAX_WAITING_BYTES + RELAYED_BYTES);
  expect(place.replicas[0].output()).not.toContain('xxxxxxxx');

  const cutOff = new Promise((resolve) => unread.socket.on('disconnect', resolve));
  tcpOf(unread).resume();
  // Its client reconnects by itself after this.
  expect(await cutOff).toMatch(/^transport (close|error)$/);
  const again = await reader.connect('phone');
  const { calls } = await again.next('call:sync');
  expect(calls).toMatchObject([{ id: callId }]);
  for (const user of users) user.forget();
});

test('a client that reads slowly, but reads, stays connected', async () => {
  const before = await closedSockets();
  const { users, devices, callId } = await meet(['slow', 'fast']);
  const [slow] = users;
  const [reading, sender] = devices as [Device, Device];
  let received = 0;
  reading.socket.on('webrtc:offer', () => {
    received += 1;
    tcpOf(reading).pause();
    setTimeout(() => tcpOf(reading).resume(), 2);
  });
  const MESSAGES = 200;
  const AHEAD = 10;
  for (let nth = 0; nth < MESSAGES; nth += 1) {
    await sender.send('webrtc:offer', { callId, to: slow.id, sdp });
    await until('it has read what came before', () => received > nth - AHEAD);
  }
  await until('it has read everything', () => received === MESSAGES);
  expect(await closedSockets()).toBe(before);
  for (const user of users) user.forget();
});
