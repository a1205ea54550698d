import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy between clients and one server, for tests that break connections. */
export interface TcpProxy {
  /** The server's URL, by way of the proxy. */
  readonly url: string;
  /** Both ends of every connection. */
  readonly sockets: ReadonlySet<Socket>;
  close(): Promise<void>;
}

/** `serve` gets both ends of each new connection, and decides what it passes on. */
export async function startTcpProxy(
  to: string,
  serve: (client: Socket, server: Socket) => void,
): Promise<TcpProxy> {
  const { hostname, port } = new URL(to);
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    serve(client, server);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const own = { hostname: '127.0.0.1', port: String((proxy.address() as AddressInfo).port) };
  return {
    url: Object.assign(new URL(to), own).href,
    sockets,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
