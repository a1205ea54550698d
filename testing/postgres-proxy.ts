import { startTcpProxy } from './tcp-proxy.ts';

/**
 * A proxy between one process and Postgres, which breaks connections as a network or a failover
 * does.
 */
export interface PostgresProxy {
  readonly url: string;
  /** Passes nothing on, as if the process were frozen. Nothing is lost. */
  freeze(): void;
  thaw(): void;
  /**
   * Appends a fatal error to Postgres' next "ready for query", in one packet, and ends that
   * connection.
   */
  terminateAtNextReply(): void;
  close(): Promise<void>;
}

/** "Ready for query", outside a transaction. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

function fatalMessage(): Buffer {
  const fields = Buffer.from(
    'SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0',
  );
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

export async function startPostgresProxy(url: string): Promise<PostgresProxy> {
  let frozen = false;
  let terminating = false;
  const proxy = await startTcpProxy(url, (client, backend) => {
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
    if (frozen) for (const socket of [client, backend]) socket.pause();
  });

  return {
    url: proxy.url,
    freeze() {
      frozen = true;
      for (const socket of proxy.sockets) socket.pause();
    },
    thaw() {
      frozen = false;
      for (const socket of proxy.sockets) socket.resume();
    },
    terminateAtNextReply() {
      terminating = true;
    },
    close: proxy.close,
  };
}
