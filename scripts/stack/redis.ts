import { mkdirSync } from 'node:fs';
import { installSystemPackages, type Say } from './debian.ts';
import { onPath } from './executable.ts';
import type { Program } from './program.ts';

export function findRedis(): string | undefined {
  return onPath('redis-server');
}

/**
 * Finds redis-server, or installs it if possible.
 * @throws Error with one line that names the ways to get one.
 */
export function provideRedis(say: Say): string {
  const found = findRedis() ?? (installSystemPackages(['redis-server'], say) && findRedis());
  if (found) return found;
  throw new Error(
    'No Redis: set REDIS_URL, or put redis-server on the PATH ' +
      '(Debian: apt-get install redis-server; macOS: brew install redis).',
  );
}

export interface RedisOptions {
  readonly executable: string;
  readonly port: number;
  /** Where it keeps its data. Without a folder it keeps nothing. */
  readonly folder?: string;
}

export function redisProgram({ executable, port, folder }: RedisOptions): Program {
  if (folder) mkdirSync(folder, { recursive: true });
  const persistence = folder ? ['--dir', folder, '--save', '60 1'] : ['--save', ''];
  return {
    name: 'redis',
    command: [executable, '--bind', '127.0.0.1', '--port', String(port), ...persistence],
    ready: { line: 'Ready to accept connections' },
  };
}
