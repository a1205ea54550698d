import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort } from '@ringline/testing/ports';
import { createPortFinder } from '../stack/ports.ts';

async function whileListening(port: number, run: () => Promise<void>): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  await run();
  await once(server.close(), 'close');
}

describe('the port that a port finder returns', () => {
  it('is the preferred one if that is free', async () => {
    const preferred = await freePort();
    expect(await createPortFinder()(preferred)).toBe(preferred);
  });

  it('is another one if the preferred one is taken', async () => {
    const preferred = await freePort();
    await whileListening(preferred, async () => {
      expect(await createPortFinder()(preferred)).toBeGreaterThan(preferred);
    });
  });

  it('is another one if the preferred one is taken for UDP', async () => {
    const preferred = await freePort();
    const socket = createSocket('udp4').bind(preferred, '127.0.0.1');
    await once(socket, 'listening');
    expect(await createPortFinder()(preferred)).toBeGreaterThan(preferred);
    socket.close();
  });

  it('is never returned twice', async () => {
    const preferred = await freePort();
    const findPort = createPortFinder();
    expect(await findPort(preferred)).not.toBe(await findPort(preferred));
  });
});
