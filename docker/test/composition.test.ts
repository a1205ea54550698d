import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { loadConfig } from '@ringline/platform';
import { provided } from '@ringline/testing/server';
import { findComposeReader } from '../../scripts/stack/deployment-tools.ts';
import { ROOT } from '../../scripts/stack/folder.ts';

interface ComposedService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly networks?: Readonly<Record<string, unknown>>;
  readonly network_mode?: string;
  readonly ports?: readonly {
    target: number;
    published: string;
    protocol: string;
    host_ip?: string;
  }[];
  readonly volumes?: readonly { type: string; source: string; read_only?: boolean }[];
  readonly restart: string;
  readonly healthcheck?: { test?: readonly string[]; disable?: boolean };
  readonly deploy: { resources: { limits: { cpus: number; memory: string; pids: number } } };
  readonly logging?: { options: Record<string, string> };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
}

interface Composition {
  readonly services: Readonly<Record<string, ComposedService>>;
  readonly networks: Readonly<Record<string, { internal?: boolean }>>;
}

const OURS = ['call-service', 'cleanup-worker', 'quality-ingester'] as const;

let folder: string;
let composition: Composition;

function makeSecrets(): string {
  const script = join(ROOT, 'scripts', 'secrets.ts');
  const made = spawnSync(process.execPath, [script, join(folder, '.env')], { encoding: 'utf8' });
  expect(made).toMatchObject({ status: 0, stderr: '' });
  return made.stdout;
}

function env(): string {
  return readFileSync(join(folder, '.env'), 'utf8');
}
function setEnv(name: string, value: string): void {
  writeFileSync(
    join(folder, '.env'),
    env().replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`),
  );
}

function compose() {
  const reader = provided('parser of docker-compose.yml', findComposeReader());
  return spawnSync(reader, ['docker-compose.yml'], { cwd: folder, env: {}, encoding: 'utf8' });
}

/** A server folder as an operator sets it up: the composition, secrets, a domain and an address. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringline-compose-'));
  for (const file of ['docker-compose.yml', 'livekit.yaml', 'turnserver.conf', 'docker']) {
    cpSync(join(ROOT, file), join(folder, file), { recursive: true });
  }
  makeSecrets();
  setEnv('RINGLINE_DOMAIN', 'calls.example.com');
  setEnv('PUBLIC_IP', '203.0.113.7');
  const { status, stdout, stderr } = compose();
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  composition = JSON.parse(stdout);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function services() {
  return Object.entries(composition.services);
}
function listNetworks(name: string) {
  return Object.keys(composition.services[name]?.networks ?? {});
}

describe('npm run secrets', () => {
  test('writes a file for its owner alone, prints no secret, and keeps existing values', () => {
    const before = env();
    expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600);
    setEnv('TURN_SECRET', '');
    const said = makeSecrets();
    const secrets = Object.entries(parseEnv(env())).filter(([name]) =>
      /SECRET$|PASSWORD$/.test(name),
    );
    expect(secrets).toHaveLength(6);
    for (const [name, value] of secrets) {
      expect([name, value]).toEqual([name, expect.stringMatching(/^[0-9a-f]{64}$/)]);
      expect(said).not.toContain(value);
    }
    expect(new Set(secrets.map(([, value]) => value)).size).toBe(6);
    const withoutTurn = (text: string) => text.replace(/^TURN_SECRET=.*$/m, '');
    expect(withoutTurn(env())).toBe(withoutTurn(before));
    expect(env()).not.toBe(before);
  });
});

describe('docker-compose.yml', () => {
  test.each(['RINGLINE_DOMAIN', 'PUBLIC_IP', 'POSTGRES_PASSWORD', 'TURN_SECRET'])(
    'without %s it says so',
    (name) => {
      const value = parseEnv(env())[name] ?? '';
      setEnv(name, '');
      const { status, stderr } = compose();
      setEnv(name, value);
      expect(status).toBe(1);
      expect(stderr).toContain(`required variable ${name} is missing a value`);
    },
  );

  test('runs all services and servers', () => {
    expect(
      services()
        .map(([name]) => name)
        .sort(),
    ).toEqual(
      [
        ...OURS,
        'caddy',
        'coturn',
        'grafana',
        'livekit',
        'migrate',
        'postgres',
        'prometheus',
        'redis',
      ].sort(),
    );
  });

  test.each(OURS)('configures the %s for production', (name) => {
    const given = parseEnv(env());
    const { environment = {}, command } = composition.services[name] as ComposedService;
    const config = loadConfig(name, { ...given, ...environment });
    expect(config.production).toBe(true);
    expect(command).toEqual([`services/${name}/src/main.ts`]);
    expect(config.database.url).toContain('@postgres:5432/');
    for (const other of ['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'GRAFANA_PASSWORD']) {
      expect(environment[other]).toBe('');
    }
  });

  test('gives clients the addresses of the domain', () => {
    const { environment = {} } = composition.services['call-service'] as ComposedService;
    const { livekit, turn } = loadConfig('call-service', { ...parseEnv(env()), ...environment });
    expect(livekit.publicUrl).toBe('wss://calls.example.com');
    expect(turn.turnUrls).toEqual([
      'turn:calls.example.com:3478?transport=udp',
      'turn:calls.example.com:3478?transport=tcp',
    ]);
  });

  test('publishes only the ports of Caddy and of media', () => {
    const open = services().flatMap(([name, { ports = [] }]) =>
      ports
        .filter(({ host_ip }) => host_ip !== '127.0.0.1')
        .map(({ published, protocol }) => `${name} ${published}/${protocol}`),
    );
    expect(open.sort()).toEqual([
      'caddy 443/tcp',
      'caddy 443/udp',
      'caddy 80/tcp',
      'livekit 7881/tcp',
      'livekit 7882/udp',
    ]);
    const onHost = services().filter(([, { network_mode }]) => network_mode === 'host');
    expect(onHost.map(([name]) => name)).toEqual(['coturn']);
  });

  test('keeps Postgres and Redis on an internal network without Caddy', () => {
    expect(composition.networks.data?.internal).toBe(true);
    expect(composition.networks.metrics?.internal).toBe(true);
    expect(listNetworks('postgres')).toEqual(['data']);
    expect(listNetworks('redis')).toEqual(['data']);
    expect(listNetworks('prometheus')).toEqual(['metrics']);
    expect(listNetworks('caddy')).toEqual(['front']);
  });

  test('restarts, checks and limits every container, and lets none gain privileges', () => {
    for (const [name, service] of services()) {
      const oneShot = name === 'migrate';
      expect([name, service.restart]).toEqual([name, oneShot ? 'no' : 'unless-stopped']);
      expect([name, (service.healthcheck?.test?.length ?? 0) > 0]).toEqual([name, !oneShot]);
      const { cpus, memory, pids } = service.deploy.resources.limits;
      expect([name, cpus > 0, Number(memory) > 0, pids > 0]).toEqual([name, true, true, true]);
      expect([name, service.cap_drop]).toEqual([name, ['ALL']]);
      expect([name, service.read_only]).toEqual([name, true]);
      expect([name, service.security_opt]).toEqual([name, ['no-new-privileges:true']]);
      expect([name, service.logging?.options]).toEqual([
        name,
        { 'max-size': '20m', 'max-file': '5' },
      ]);
      expect([name, service.image]).toEqual([name, expect.stringMatching(/:v?\d/)]);
    }
  });

  test('leaves each container only the capabilities that it needs to start', () => {
    const added = services().flatMap(([name, { cap_add = [] }]) =>
      cap_add.map((cap) => `${name} ${cap}`),
    );
    expect(added.sort()).toEqual([
      // Their programs have this file capability: without it, the kernel refuses to execute them.
      'caddy NET_BIND_SERVICE',
      'coturn NET_BIND_SERVICE',
      ...['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'].map((cap) => `postgres ${cap}`),
    ]);
  });

  test('mounts only files that exist, read-only', () => {
    const files = services().flatMap(([, { volumes = [] }]) =>
      volumes.filter(({ type }) => type === 'bind'),
    );
    expect(files.length).toBeGreaterThan(5);
    for (const { source, read_only } of files) {
      expect([source, read_only]).toEqual([source, true]);
      expect(statSync(source)).toBeTruthy();
    }
  });
});
