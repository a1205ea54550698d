import { Cluster, type Redis } from 'ioredis';
import type { Logger } from './logger.ts';

const CHECK_EVERY_MS = 500;

/** A busy process sends this much in seconds. Redis normally reads within milliseconds. */
const MAX_WAITING_BYTES = 16_000_000;

/**
 * Drops a connection with too many bytes that Redis has not read. Commands that timed out stay in
 * its buffer, so a hung Redis would fill the memory. The client reconnects by itself.
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
      logger.warn('Redis does not read, reconnecting', { connection: name, bytes });
      stream.destroy(new Error('Redis does not read its connection.'));
    }
  }, CHECK_EVERY_MS).unref();
  client.once('end', () => clearInterval(timer));
}
