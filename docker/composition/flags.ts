import type { Composition, Service } from './read.ts';

/**
 * Translates each key of a service into podman's flags. Every key has a line, so that none is
 * forgotten.
 */
type Translation = {
  readonly [Key in keyof Required<Service>]: (
    value: NonNullable<Service[Key]>,
    composition: Composition,
  ) => string[];
};

function each(flag: string, values: readonly string[]): string[] {
  return values.flatMap((value) => [flag, value]);
}

const translation: Translation = {
  // These become the last arguments, below.
  image: () => [],
  command: () => [],
  // Handled elsewhere, or without a meaning for podman.
  build: () => [],
  env_file: () => [],
  depends_on: () => [],
  entrypoint: (words) => ['--entrypoint', JSON.stringify(words)],
  environment: (values) =>
    each(
      '--env',
      Object.entries(values).map(([name, value]) => `${name}=${value}`),
    ),
  init: (yes) => (yes ? ['--init'] : []),
  user: (user) => ['--user', user],
  networks: (names, { networks }) =>
    each(
      '--network',
      Object.keys(names).map((name) => networks[name]?.name ?? name),
    ),
  network_mode: (mode) => ['--network', mode],
  ports: (ports) =>
    each(
      '--publish',
      ports.map(({ host_ip = '', published, target, protocol }) =>
        [...(host_ip ? [host_ip] : []), published, `${target}/${protocol}`].join(':'),
      ),
    ),
  volumes: (mounts, { volumes }) =>
    each(
      '--volume',
      mounts.map(({ source, target, read_only }) =>
        [volumes[source]?.name ?? source, target, ...(read_only ? ['ro'] : [])].join(':'),
      ),
    ),
  tmpfs: (mounts) => each('--tmpfs', mounts),
  shm_size: (bytes) => ['--shm-size', `${bytes}b`],
  // As Docker does: podman would add writable folders.
  read_only: (yes) => (yes ? ['--read-only', '--read-only-tmpfs=false'] : []),
  cap_drop: (names) => each('--cap-drop', names),
  cap_add: (names) => each('--cap-add', names),
  security_opt: (options) =>
    each(
      '--security-opt',
      options.map((option) => option.replace(/:true$/, '')),
    ),
  restart: (policy) => ['--restart', policy],
  stop_grace_period: (period) => ['--stop-timeout', String(seconds(period))],
  // Podman leaves health checks to systemd. We run them ourselves, with podman's own command.
  healthcheck: ({ disable, test = [], timeout = '30s' }) =>
    disable
      ? ['--no-healthcheck']
      : [
          ...['--health-cmd', test.join(' '), '--health-interval', 'disable'],
          ...['--health-timeout', timeout],
        ],
  deploy: ({ resources: { limits } }) => [
    ...['--cpus', String(limits.cpus), '--memory', `${limits.memory}b`],
    ...['--pids-limit', String(limits.pids)],
  ],
  // Podman has no max-file.
  logging: ({ driver, options }) => [
    ...['--log-driver', driver, '--log-opt', `max-size=${options['max-size']}`],
  ],
};

/** Returns the arguments of `podman run` for this service, with its image and command. */
export function toFlags(service: Service, composition: Composition): string[] {
  const flags = Object.entries(service).flatMap(([key, value]) => {
    const translate = translation[key as keyof Translation] as
      | ((value: unknown, composition: Composition) => string[])
      | undefined;
    if (!translate)
      throw new Error(`docker-compose.yml has ${key}, which this script cannot translate`);
    return value === null ? [] : translate(value, composition);
  });
  return [...flags, service.image, ...(service.command ?? [])];
}

/** Parses durations such as `1m0s`. */
function seconds(period: string): number {
  const [, minutes = 0, rest = 0] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(period) ?? [];
  return Number(minutes) * 60 + Number(rest);
}
