import type { Cluster, Redis } from 'ioredis';
import { atMostOften } from './at-most-often.ts';
import type { Logger } from './logger.ts';

const REPORT_EVERY_MS = 30_000;

/** Logs when a connection is lost and when it is back, with one line per half-minute in between. */
export function reportConnection(
  client: Redis | Cluster,
  { name, logger }: { name: string; logger: Logger },
): void {
  let lastError: Error | undefined;
  const reportLoss = atMostOften(REPORT_EVERY_MS);
  const reportNode = atMostOften(REPORT_EVERY_MS);

  // Without a listener, the client would throw errors.
  client.on('error', (error: Error) => {
    lastError = error;
  });
  client.on('reconnecting', () => {
    reportLoss.now((attempts) =>
      logger.warn('Redis is away, reconnecting', { connection: name, attempts, error: lastError }),
    );
  });
  client.on('node error', (error: Error, node: string) => {
    reportNode.now((errors) =>
      logger.warn('a node of the Redis cluster is away', { connection: name, node, errors, error }),
    );
  });
  client.on('ready', () => {
    lastError = undefined;
    reportLoss.reset();
    logger.info('Redis is connected', { connection: name });
  });
}
