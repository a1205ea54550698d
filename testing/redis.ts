import { findRedis, redisProgram } from '../scripts/stack/redis.ts';
import { freePort } from './ports.ts';
import { provided, type Server, startServer } from './server.ts';

export interface RedisServer extends Server {
  readonly url: string;
  readonly port: number;
}

/**
 * An empty Redis, which keeps nothing when it restarts. Tests cannot share one: pub/sub has no
 * separate databases.
 */
export async function startRedis(
  /** Additional arguments of its command line. */
  more: readonly string[] = [],
): Promise<RedisServer> {
  const port = await freePort();
  const executable = provided('redis-server', findRedis());
  const program = redisProgram({ executable, port });
  const server = await startServer({ ...program, command: [...program.command, ...more] });
  return { ...server, port, url: `redis://127.0.0.1:${port}` };
}
