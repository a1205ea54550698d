import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** How far the first connection comes: its request is on the way, or upgraded, or Engine.IO has shaken hands. */
export type Stage = 'requested' | 'upgraded' | 'open';

export interface FailingProxy {
  readonly url: string;
  close(): Promise<void>;
}

const END_OF_HEAD = '\r\n\r\n';

/** Passes what the service sends up to this stage, and hands the client's socket to `fail` then. */
function passUntil(stage: Stage, client: Socket, service: Socket, fail: (client: Socket) => void) {
  let isOpen = false;
  client.on('data', (bytes) => {
    if (stage === 'open' && isOpen) fail(client);
    else service.write(bytes);
  });
  service.on('data', (bytes) => {
    isOpen = true;
    if (stage === 'requested') return fail(client);
    if (stage === 'open') return void client.write(bytes);
    client.write(bytes.subarray(0, bytes.indexOf(END_OF_HEAD) + END_OF_HEAD.length));
    fail(client);
  });
}

/** Stands before a service; the first connection fails at a stage, all later ones do not. */
export async function startFailingProxy(
  to: string,
  stage: Stage,
  fail: (client: Socket) => void,
): Promise<FailingProxy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  let connections = 0;
  const server = createServer((client) => {
    const service = connect(Number(new URL(to).port), '127.0.0.1');
    for (const socket of [client, service]) keep(socket);
    connections += 1;
    if (connections === 1) return passUntil(stage, client, service, fail);
    client.pipe(service).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
