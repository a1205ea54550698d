import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findRedis } from '../scripts/stack/redis.ts';
import { freePort } from './ports.ts';
import { provided, type Server, startServer } from './server.ts';
import { until } from './until.ts';

/** A master without replicas: when it is down, so is its third of the slots. */
export interface RedisMaster extends Server {
  readonly port: number;
}

export interface RedisCluster {
  /** For REDIS_URL: all three masters. */
  readonly url: string;
  readonly masters: readonly RedisMaster[];
  /** Finds the master of a key, or of a sharded channel. */
  masterOf(name: string): Promise<RedisMaster>;
  /** Resolves when every master sees all the others and all slots. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

interface Ports {
  readonly port: number;
  /** For the masters among themselves. By default it is `port` + 10,000, which may not be free. */
  readonly busPort: number;
}

const SLOTS = 16_384;
const MASTERS = 3;
/** A master that is silent for so long counts as down. */
const NODE_TIMEOUT_MS = 2000;

const run = promisify(execFile);

async function ask({ port }: { port: number }, ...command: (string | number)[]): Promise<string> {
  const args = ['-h', '127.0.0.1', '-p', port, ...command].map(String);
  const { stdout } = await run('redis-cli', args);
  if (/^(ERR|\(error\))/.test(stdout)) throw new Error(`${command.join(' ')}: ${stdout}`);
  return stdout.trim();
}

function computeFirstSlot(index: number): number {
  return Math.round((index * SLOTS) / MASTERS);
}

/**
 * Three masters without replicas, each with a third of the slots. If one is killed, the two others
 * go on, and take it back after its restart. Only the assignment of slots is kept, no data.
 */
export async function startRedisCluster(): Promise<RedisCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'ringline-cluster-'));
  const ports: Ports[] = [];
  for (let index = 0; index < MASTERS; index += 1) {
    ports.push({ port: await freePort(), busPort: await freePort() });
  }
  const masters = await Promise.all(ports.map((each) => startMaster(each, folder)));
  const whole = async () => {
    for (const master of masters) await until('the cluster is whole', () => seesAll(master));
  };
  await joinUp(ports);
  await whole();
  return {
    url: `redis://${ports.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    masters,
    masterOf: async (name) => {
      // Any master knows, and at least two run.
      const slot = Number(
        await Promise.any(masters.map((master) => ask(master, 'CLUSTER', 'KEYSLOT', name))),
      );
      const owner = masters.findLast((_, index) => computeFirstSlot(index) <= slot);
      if (!owner) throw new Error(`no master has slot ${slot}`);
      return owner;
    },
    whole,
    stop: async () => {
      await Promise.all(masters.map((master) => master.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startMaster({ port, busPort }: Ports, folder: string): Promise<RedisMaster> {
  const options = {
    port,
    'cluster-port': busPort,
    dir: folder,
    save: '',
    bind: '127.0.0.1',
    'cluster-enabled': 'yes',
    'cluster-config-file': `nodes-${port}.conf`,
    'cluster-announce-ip': '127.0.0.1',
    'cluster-node-timeout': NODE_TIMEOUT_MS,
    // When a master is down, the slots of the others stay available.
    'cluster-require-full-coverage': 'no',
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = await startServer({
    name: 'redis',
    command: [provided('redis-server', findRedis()), ...args],
    ready: { line: 'Ready to accept connections' },
  });
  return { ...server, port };
}

async function joinUp([first, ...others]: readonly Ports[]): Promise<void> {
  if (!first) throw new Error('a cluster needs masters');
  const all = [first, ...others];
  await Promise.all(
    all.map(async (node, index) => {
      await ask(node, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      const slots = [computeFirstSlot(index), computeFirstSlot(index + 1) - 1];
      await ask(node, 'CLUSTER', 'ADDSLOTSRANGE', ...slots);
    }),
  );
  for (const { port, busPort } of others) {
    await ask(first, 'CLUSTER', 'MEET', '127.0.0.1', port, busPort);
  }
}

async function seesAll(master: RedisMaster): Promise<boolean> {
  const info = await ask(master, 'CLUSTER', 'INFO');
  return (
    info.includes('cluster_state:ok') &&
    info.includes(`cluster_slots_ok:${SLOTS}`) &&
    info.includes(`cluster_known_nodes:${MASTERS}`)
  );
}
