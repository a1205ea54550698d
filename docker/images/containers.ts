import { mustPodman, type Outcome, podman } from './podman.ts';

export const IMAGE = 'ringline:0.1.0';

/** What docker-compose.yml gives to each of ours, and this machine's own network. */
const RUN = [
  ...['--network', 'host', '--pull', 'never', '--read-only', '--read-only-tmpfs=false'],
  ...['--cap-drop', 'all', '--security-opt', 'no-new-privileges'],
];

export interface Container {
  /** Runs a program in it. */
  exec(...command: string[]): Outcome;
  /** Its health check, once. */
  isHealthy(): boolean;
  kill(): void;
  /** Asks it to stop, as an engine does; its exit code. */
  stop(): number;
  output(): string;
}

function withEnv(env: Record<string, string>): string[] {
  return Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
}

/** Runs a program of the image to its end. */
export function runOnce(program: string, env: Record<string, string>) {
  return podman('run', '--rm', '--no-healthcheck', ...RUN, ...withEnv(env), IMAGE, program);
}

/** Runs a program of the image as one of the composition's containers is: nothing to write to, no rights, nobody's user. */
export function runContainer(program: string, env: Record<string, string>): Container {
  // Its health is asked by us: without systemd, podman has nobody to do it.
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
