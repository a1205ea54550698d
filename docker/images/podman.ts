import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Outcome {
  readonly status: number | null;
  /** Standard output. */
  readonly output: string;
  readonly errors: string;
}

const CACHE = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');

/** Images are stored apart from the user's own: the stand-ins have the names of other images. */
export const STORE_FOLDER = join(CACHE, 'ringline', 'containers');
/** Flags for both podman and buildah. */
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
 * Runs podman and returns its standard output.
 * @throws Error with podman's message, if it fails.
 */
export function mustPodman(...args: string[]): string {
  const { status, output, errors } = podman(...args);
  if (status !== 0) throw new Error(`podman ${args[0]}: ${errors}`);
  return output;
}
