import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between one process and Postgres, and does to its connections what a network or a failover does. */
export interface PostgresProxy {
  readonly url: string;
  /** Passes nothing on in either direction, as if the process that uses it were frozen; nothing is lost. */
  freeze(): void;
  thaw(): void;
  /** Sends Postgres' next "ready for query" and its last words in one packet, and ends that connection. */
  terminateAtNextReply(): void;
  close(): Promise<void>;
}

/** "Ready for query", outside of a transaction. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

const fatalMessage = (): Buffer => {
  const fields = Buffer.from(
    'SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0',
  );
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
};

export async function startPostgresProxy(url: string): Promise<PostgresProxy> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let frozen = false;
  let terminating = false;

  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    if (frozen) socket.pause();
  };

  const server = createServer((client) => {
    const backend = connect(Number(port), hostname);
    for (const socket of [client, backend]) keep(socket);
    client.on('data', (data) => backend.write(data));
    client.on('close', () => backend.destroy());
    backend.on('close', () => client.end());
    backend.on('data', (data) => {
      if (terminating && data.subarray(-READY.length).equals(READY)) {
        terminating = false;
        client.end(Buffer.concat([data, fatalMessage()]));
        backend.destroy();
      } else client.write(data);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = Object.assign(new URL(url), { port: String((server.address() as AddressInfo).port) });

  return {
    url: own.href,
    freeze() {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw() {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
    terminateAtNextReply() {
      terminating = true;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
