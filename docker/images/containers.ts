import { mustPodman, type Outcome, podman } from './podman.ts';

export const IMAGE = 'ringline:0.1.0';

/** The flags of our services in docker-compose.yml, but on this machine's own network. */
const RUN = [
  ...['--network', 'host', '--pull', 'never', '--read-only', '--read-only-tmpfs=false'],
  ...['--cap-drop', 'all', '--security-opt', 'no-new-privileges'],
];

export interface Container {
  /** Runs a program in the container. */
  exec(...command: string[]): Outcome;
  /** Runs its health check once. */
  isHealthy(): boolean;
  kill(): void;
  /** Asks it to stop, as Docker does, and returns the exit code. */
  stop(): number;
  output(): string;
}

function withEnv(env: Record<string, string>): string[] {
  return Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
}

/** Runs a program of the image, and waits until it ends. */
export function runOnce(program: string, env: Record<string, string>) {
  return podman('run', '--rm', '--no-healthcheck', ...RUN, ...withEnv(env), IMAGE, program);
}

/**
 * Starts a program of the image like a container of the composition: nothing writable, no
 * privileges, a user that owns no file.
 */
export function runContainer(program: string, env: Record<string, string>): Container {
  // We run its health check: podman needs systemd for that.
  const unattended = ['--detach', '--health-interval', 'disable'];
  const id = mustPodman('run', ...unattended, ...RUN, ...withEnv(env), IMAGE, program);
  return {
    exec: (...command) => podman('exec', id, ...command),
    isHealthy: () => podman('healthcheck', 'run', id).status === 0,
    kill: () => void podman('rm', '--force', '--time', '0', id),
    stop: () => {
      mustPodman('stop', '--time', '10', id);
      const code = Number(mustPodman('inspect', '--format', '{{.State.ExitCode}}', id));
      mustPodman('rm', id);
      return code;
    },
    output: () => {
      const { output, errors } = podman('logs', id);
      return output + errors;
    },
  };
}
