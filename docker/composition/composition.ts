import { until } from '@ringline/testing/until';
import { mustPodman, type Outcome, podman } from '../images/podman.ts';
import { toFlags } from './flags.ts';
import type { Composition, Condition } from './read.ts';

const HEALTHY_WITHIN_MS = 120_000;

/** A running composition, like that of `docker compose up`. */
export interface Running {
  /** Runs a program in the container of a service. */
  exec(service: string, ...command: string[]): Outcome;
  /** Everything that a service has printed. */
  output(service: string): string;
  /** Asks each to stop, dependents before their dependencies, and returns the exit codes. */
  stop(): Record<string, number>;
}

/**
 * Brings a composition up with podman. A service starts after its dependencies.
 * @throws Error with the name and the output of a service that does not come up.
 */
export async function bringUp(composition: Composition): Promise<Running> {
  takeDown(composition); // the remains of a killed run
  for (const { name, internal, ipam } of Object.values(composition.networks)) {
    const subnets = (ipam.config ?? []).map(({ subnet }) => `--subnet=${subnet}`);
    mustPodman('network', 'create', ...subnets, ...(internal ? ['--internal'] : []), name);
  }
  const order = orderServices(composition);
  for (const service of order) {
    const { depends_on = {} } = composition.services[service] ?? {};
    for (const [other, { condition }] of Object.entries(depends_on))
      await waitFor(other, condition);
    run(composition, service);
  }
  const checked = order.filter((name) => !composition.services[name]?.healthcheck.disable);
  for (const name of checked) await waitFor(name, 'service_healthy');

  return {
    exec: (service, ...command) => podman('exec', service, ...command),
    output,
    stop: () => Object.fromEntries(order.reverse().map((name) => [name, stop(name)])),
  };
}

/** Removes the containers, networks and data. Safe if there are none. */
export function takeDown({ services, networks, volumes }: Composition): void {
  mustPodman('rm', '--force', '--ignore', '--volumes', '--time', '0', ...Object.keys(services));
  const named = (things: Readonly<Record<string, { name: string }>>) =>
    Object.values(things).map(({ name }) => name);
  for (const name of named(networks)) podman('network', 'rm', '--force', name);
  for (const name of named(volumes)) podman('volume', 'rm', '--force', name);
}

/** Orders the services: each after its dependencies. */
function orderServices({ services }: Composition): string[] {
  const order = new Set<string>();
  const add = (name: string): void => {
    for (const other of Object.keys(services[name]?.depends_on ?? {})) add(other);
    order.add(name);
  };
  for (const name of Object.keys(services)) add(name);
  return [...order];
}

function run(composition: Composition, name: string): void {
  const service = composition.services[name];
  if (!service) throw new Error(`docker-compose.yml has no ${name}`);
  const flags = ['--detach', '--pull', 'never', '--name', name, '--hostname', name];
  const { status, errors } = podman('run', ...flags, ...toFlags(service, composition));
  if (status !== 0) throw new Error(`${name} did not start: ${errors}`);
}

async function waitFor(name: string, condition: Condition): Promise<void> {
  if (condition === 'service_started') return;
  if (condition === 'service_completed_successfully') {
    const code = mustPodman('wait', name);
    if (code !== '0') throw new Error(`${name} ended with ${code}:\n${output(name)}`);
    return;
  }
  const healthy = () => podman('healthcheck', 'run', name).status === 0;
  await until(`${name} is healthy`, healthy, HEALTHY_WITHIN_MS).catch((error: Error) => {
    throw new Error(`${error.message}\n${output(name)}`);
  });
}

function stop(name: string): number {
  mustPodman('stop', name);
  return Number(mustPodman('inspect', '--format', '{{.State.ExitCode}}', name));
}

function output(name: string): string {
  const { output, errors } = podman('logs', name);
  return `${output}\n${errors}`;
}
