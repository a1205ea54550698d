import { Cluster, type Redis } from 'ioredis';
import type { Logger } from './logger.ts';

const CHECK_EVERY_MS = 500;

/** Redis reads within milliseconds. This is seconds of what a busy process sends, so Redis hangs or cannot keep up. */
const MAX_WAITING_BYTES = 16_000_000;

/**
 * Drops a connection on which too much waits to be read by Redis. A command that timed out still waits there with its
 * arguments, so a Redis that hangs would fill the memory. The client connects again by itself.
 */
export function boundRedisBacklog(
  client: Redis | Cluster,
  { name, logger }: { name: string; logger: Logger },
): void {
  const nodes = () => (client instanceof Cluster ? client.nodes() : [client]);
  const timer = setInterval(() => {
    for (const { status, stream } of nodes()) {
      if (status !== 'ready' || stream.writableLength <= MAX_WAITING_BYTES) continue;
      const bytes = stream.writableLength;
      logger.warn('Redis does not read, connecting again', { connection: name, bytes });
      stream.destroy(new Error('Redis does not read what is sent to it.'));
    }
  }, CHECK_EVERY_MS).unref();
  client.once('end', () => clearInterval(timer));
}
