import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Outcome {
  readonly status: number | null;
  /** What it printed, without the errors. */
  readonly output: string;
  readonly errors: string;
}

const CACHE = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');

/** Images are kept apart from the person's own: some have the names of others, for which they stand in. */
export const STORE_FOLDER = join(CACHE, 'ringline', 'containers');
/** Flags of podman and of buildah alike. */
export const STORE = ['--root', STORE_FOLDER, '--runroot', '/run/ringline-containers'];
export const CONTAINERS_ENV = { CONTAINERS_CONF: join(import.meta.dirname, 'containers.conf') };

export function podman(...args: string[]): Outcome {
  const { status, stdout, stderr, error } = spawnSync('podman', [...STORE, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...CONTAINERS_ENV },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw error;
  return { status, output: stdout.trim(), errors: stderr.trim() };
}

/**
 * The same for what must work; what it printed.
 * @throws Error with podman's own words.
 */
export function mustPodman(...args: string[]): string {
  const { status, output, errors } = podman(...args);
  if (status !== 0) throw new Error(`podman ${args[0]}: ${errors}`);
  return output;
}
