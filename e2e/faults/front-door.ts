import { createServer, connect as open, type Socket } from 'node:net';

/** A load balancer: one address for several servers. */
export interface FrontDoor {
  readonly url: string;
  /** Resets every open connection. */
  reset(): void;
  close(): Promise<void>;
}

function dial(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = open(port, '127.0.0.1');
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Finds the next server that accepts; null if none does. */
async function dialAny(ports: readonly number[], first: number): Promise<Socket | null> {
  for (let step = 0; step < ports.length; step += 1) {
    const port = ports[(first + step) % ports.length];
    const socket = port === undefined ? null : await dial(port).catch(() => null);
    if (socket) return socket;
  }
  return null;
}

/** Distributes connections round-robin, and skips servers that do not listen. */
export async function openFrontDoor(
  ports: readonly number[],
  host = '127.0.0.1',
): Promise<FrontDoor> {
  const clients = new Set<Socket>();
  let turn = 0;
  const server = createServer({ pauseOnConnect: true }, async (client) => {
    clients.add(client);
    // The client may disconnect meanwhile; `close` follows and ends both.
    client.on('error', () => client.destroy());
    client.on('close', () => clients.delete(client));
    turn += 1;
    const upstream = await dialAny(ports, turn);
    if (upstream === null || client.destroyed) {
      upstream?.destroy();
      client.destroy();
      return;
    }
    upstream.on('error', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    client.pipe(upstream);
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the front door has no port');
  const reset = () => {
    for (const client of clients) client.resetAndDestroy();
  };
  return {
    url: `http://${host}:${address.port}`,
    reset,
    close: () => {
      reset();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
