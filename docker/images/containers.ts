import { spawnSync } from 'node:child_process';

export const IMAGE = 'localhost/ringline:test';

/** What holds where there is no engine and little of cgroups: on a machine that is a container itself, too. */
const PODMAN = ['--runtime', 'runc', '--cgroup-manager', 'cgroupfs', '--storage-driver', 'vfs'];
const RUN = [
  ...[
    '--network',
    'host',
    '--pull',
    'never',
    '--read-only',
    '--read-only-tmpfs=false',
    '--cap-drop',
    'all',
  ],
  ...['--security-opt', 'no-new-privileges'],
  ...['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'],
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

export interface Outcome {
  readonly status: number | null;
  /** What it printed, without the errors. */
  readonly output: string;
  readonly errors: string;
}

export function podman(...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync('podman', [...PODMAN, ...args], {
    encoding: 'utf8',
  });
  return { status, output: stdout.trim(), errors: stderr.trim() };
}

function must(...args: string[]): string {
  const { status, output, errors } = podman(...args);
  if (status !== 0) throw new Error(`podman ${args[0]}: ${errors}`);
  return output;
}

const withEnv = (env: Record<string, string>): string[] =>
  Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);

/** Runs a program of the image to its end. */
export const runOnce = (program: string, env: Record<string, string>) =>
  podman('run', '--rm', '--no-healthcheck', ...RUN, ...withEnv(env), IMAGE, program);

/** Runs a program of the image as one of the composition's containers is: nothing to write to, no rights, nobody's user. */
export function runContainer(program: string, env: Record<string, string>): Container {
  // Its health is asked by us: without systemd, podman has nobody to do it.
  const unattended = ['--detach', '--health-interval', 'disable'];
  const id = must('run', ...unattended, ...RUN, ...withEnv(env), IMAGE, program);
  return {
    exec: (...command) => podman('exec', id, ...command),
    isHealthy: () => podman('healthcheck', 'run', id).status === 0,
    kill: () => void podman('rm', '--force', '--time', '0', id),
    stop: () => {
      must('stop', '--time', '10', id);
      const code = Number(must('inspect', '--format', '{{.State.ExitCode}}', id));
      must('rm', id);
      return code;
    },
    output: () => {
      const { output, errors } = podman('logs', id);
      return output + errors;
    },
  };
}
