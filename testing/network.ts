import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findChromium } from '../scripts/stack/chromium.ts';
import { provided } from './server.ts';

/** A network namespace, with one cable to this machine. */
export interface Network {
  /** This machine's address, as seen from the network. */
  readonly hostAddress: string;
  /** A program that starts Chromium in the network. */
  readonly chromium: string;
  /** Loses every packet from now on, both ways. Neither end is told. */
  cut(): Promise<void>;
  /**
   * Limits the cable from now on, each way. What does not fit waits for up to 400 ms, and is lost
   * then. `lossPercent` of the UDP packets, which carry the media, are lost on top of that.
   */
  worsen(line: { kbitPerSecond: number; lossPercent?: number }): Promise<void>;
  mend(): Promise<void>;
  /**
   * Kills every process in the network. They say no goodbye, but the kernel closes their
   * connections.
   */
  killAll(): Promise<void>;
  /** Replaces the address, as if a device went from one network into another. */
  move(): Promise<string>;
  remove(): Promise<void>;
}

const run = promisify(execFile);
function ip(...args: string[]) {
  return run('ip', args);
}

/** Random, because other test runs on this machine make networks as well. */
let nextSubnet = Math.floor(Math.random() * 256);
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended with its parent, which was killed before it.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Needs root on Linux. The addresses are from the block that is reserved for tests (RFC 2544). */
export async function createNetwork(): Promise<Network> {
  // A name that was used a moment ago may not be free yet. The kernel takes fifteen letters.
  const id = randomBytes(4).toString('hex');
  const [name, cable, end] = [`ringline-${id}`, `ring${id}`, 'eth0'];
  nextSubnet = (nextSubnet + 1) % 256;
  const subnet = `198.18.${nextSubnet}`;
  const hostAddress = `${subnet}.1`;
  let [address, next] = [`${subnet}.2`, `${subnet}.3`];

  await ip('netns', 'add', name);
  await ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', end, 'netns', name);
  await ip('address', 'add', `${hostAddress}/24`, 'dev', cable);
  await ip('link', 'set', cable, 'up');
  await ip('-n', name, 'address', 'add', `${address}/24`, 'dev', end);
  await ip('-n', name, 'link', 'set', 'lo', 'up');
  await ip('-n', name, 'link', 'set', end, 'up');
  await ip('-n', name, 'route', 'add', 'default', 'via', hostAddress);

  const folder = await mkdtemp(join(tmpdir(), 'ringline-network-'));
  const chromium = join(folder, 'chromium');
  const browser = provided('Chromium', findChromium());
  await writeFile(chromium, `#!/bin/sh\nexec ip netns exec ${name} ${browser} "$@"\n`, {
    mode: 0o755,
  });

  const setQueues = async (...queue: string[]) => {
    await run('tc', ['qdisc', ...queue.map((word) => (word === 'CABLE' ? cable : word))]);
    await run('tc', ['-n', name, 'qdisc', ...queue.map((word) => (word === 'CABLE' ? end : word))]);
  };

  let losing: string[] | null = null;
  const setFilters = async (change: '-A' | '-D', rule: string[]) => {
    await run('iptables', [change, 'INPUT', '-i', cable, ...rule]);
    await ip('netns', 'exec', name, 'iptables', change, 'INPUT', '-i', end, ...rule);
  };
  const loseAtRandom = async (percent: number) => {
    const chance = ['statistic', '--mode', 'random', '--probability', String(percent / 100)];
    losing = ['-p', 'udp', '-m', ...chance, '-j', 'DROP'];
    await setFilters('-A', losing);
  };
  const loseNothing = async () => {
    if (losing !== null) await setFilters('-D', losing);
    losing = null;
  };

  return {
    hostAddress,
    chromium,
    cut: () => setQueues('replace', 'dev', 'CABLE', 'root', 'pfifo', 'limit', '0'), // a queue without room loses everything
    worsen: async ({ kbitPerSecond, lossPercent = 0 }) => {
      const bucket = ['rate', `${kbitPerSecond}kbit`, 'burst', '8kb', 'latency', '400ms'];
      await setQueues('replace', 'dev', 'CABLE', 'root', 'tbf', ...bucket);
      if (lossPercent > 0) await loseAtRandom(lossPercent);
    },
    mend: async () => {
      await setQueues('delete', 'dev', 'CABLE', 'root');
      await loseNothing();
    },
    killAll: async () => {
      const { stdout } = await ip('netns', 'pids', name);
      for (const pid of stdout.split('\n').filter((line) => line !== '')) kill(Number(pid));
    },
    move: async () => {
      await ip('-n', name, 'address', 'delete', `${address}/24`, 'dev', end);
      await ip('-n', name, 'address', 'add', `${next}/24`, 'dev', end);
      await ip('-n', name, 'route', 'replace', 'default', 'via', hostAddress);
      [address, next] = [next, address];
      return address;
    },
    remove: async () => {
      await loseNothing();
      await ip('netns', 'delete', name);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
