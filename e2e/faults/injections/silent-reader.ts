import { setTimeout as sleep } from 'node:timers/promises';
import { createUser, type Device, type User } from '../../user.ts';
import type { Fault } from '../fault.ts';
import type { World } from '../world.ts';

const SENDERS = 6;
/** Below the limit of 64 KiB for a message. */
const PAYLOAD = 'x'.repeat(60_000);
const SEND_EVERY_MS = 60;
/** They connect no media, so they leave the call a second later. */
const SENDS_FOR_MS = 5000;
const READ_UP_MS = 3000;
/** The service's limit for one socket (1 MiB), plus the kernel's buffers at both ends. */
const MOST_BACKLOG_BYTES = 8 * 1024 * 1024;

/** The TCP connection below, because Socket.IO has no way to stop reading. */
interface Transport {
  readonly transport: { readonly ws: { pause(): void; resume(): void } };
}
function findWebSocket({ socket }: Device) {
  return (socket.io.engine as unknown as Transport).transport.ws;
}

async function meet(world: World): Promise<{ users: User[]; devices: Device[]; callId: string }> {
  const names = Array.from({ length: SENDERS + 1 }, (_, index) => `relay-${index}`);
  const users = await Promise.all(names.map((name) => createUser(world.place, name)));
  const devices = await Promise.all(users.map((user) => user.connect()));
  const [first, ...others] = users;
  const started = await first?.start({ type: 'audio', participantIds: others.map(({ id }) => id) });
  const callId = started?.call.id ?? '';
  await Promise.all(others.map((user) => user.join(callId)));
  return { users, devices, callId };
}

/**
 * One client in a call stops reading while all others send to it. Its backlog must not fill the
 * service's memory.
 */
export const silentReader: Fault = {
  name: 'reader-stops',
  seconds: 0,
  async inject({ world, note, violate }) {
    const { users, devices, callId } = await meet(world);
    const [reader, ...senders] = devices;
    const to = users[0]?.id;
    if (!reader || !to) throw new Error('a reader and a receiver are needed');
    const webSocket = findWebSocket(reader);
    webSocket.pause();
    const heardBefore = reader.heard.length;
    const until = Date.now() + SENDS_FOR_MS;
    while (Date.now() < until) {
      for (const { socket } of senders) {
        socket.emit('webrtc:ice_candidate', { callId, to, candidate: PAYLOAD });
      }
      await sleep(SEND_EVERY_MS);
    }
    webSocket.resume();
    await sleep(READ_UP_MS);
    const backlog = (reader.heard.length - heardBefore) * PAYLOAD.length;
    note(`${Math.round(backlog / 1024)} KiB waited`);
    if (backlog > MOST_BACKLOG_BYTES) {
      violate('what-waits-for-a-socket-is-bounded', `${backlog} bytes waited for one socket`);
    }
    return async () => {
      for (const device of devices) device.close();
    };
  },
};
