import { setTimeout as sleep } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import { signToken } from '../../user.ts';
import type { Fault } from '../fault.ts';
import { silentReader } from './silent-reader.ts';

/** All clients lose their connections at the same moment, several times. */
const storm: Fault = {
  name: 'storm-of-reconnects',
  seconds: 0,
  async inject({ world, random }) {
    for (let wave = 0; wave < 4; wave += 1) {
      world.frontDoor.reset();
      await sleep(random.between(300, 1500));
    }
    return async () => undefined;
  },
};

const IDLERS = 60;

/** Many sockets connect at the same moment, are counted, and disconnect. */
const crowd: Fault = {
  name: 'crowd-connects-at-once',
  seconds: 4,
  async inject({ world }) {
    const sockets: Socket[] = await Promise.all(
      Array.from({ length: IDLERS }, async (_, index) => {
        const token = await signToken(world.place, `idler-${index}`, '1h');
        return io(world.place.callService.url, {
          transports: ['websocket'],
          forceNew: true,
          reconnection: false,
          auth: { token },
        });
      }),
    );
    return async () => {
      for (const socket of sockets) socket.disconnect();
    };
  },
};

export const clientFaults: readonly Fault[] = [storm, crowd, silentReader];
