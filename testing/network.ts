import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findChromium } from '../scripts/stack/chromium.ts';
import { provided } from './server.ts';

/** A network of one's own, with one cable to this machine, for what runs behind it. */
export interface Network {
  /** This machine, as seen from there. */
  readonly hostAddress: string;
  /** Starts Chromium there. */
  readonly chromium: string;
  /** From now on every packet is lost, both ways, and nobody is told. */
  cut(): Promise<void>;
  /**
   * From now on so much fits through the cable each way; what does not waits for up to 400 ms, and is lost then. Of
   * UDP, which is what media are, so many of a hundred packets are lost on top of that.
   */
  worsen(line: { kbitPerSecond: number; lossPercent?: number }): Promise<void>;
  mend(): Promise<void>;
  /** Kills every process there; none of them can say a last word, but the kernel closes their connections. */
  killAll(): Promise<void>;
  /** Takes the address away and gives another one, as if one walked from one network into the next. */
  move(): Promise<string>;
  remove(): Promise<void>;
}

const run = promisify(execFile);
function ip(...args: string[]) {
  return run('ip', args);
}

/** Other test runs on this machine have networks of their own. */
let nextSubnet = Math.floor(Math.random() * 256);
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has ended with its parent, which was killed before it.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Needs root on Linux. The addresses are of the block that is set aside for tests of networks (RFC 2544). */
export async function createNetwork(): Promise<Network> {
  // A name that was used a moment ago may not be free yet, and the kernel takes fifteen letters.
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

  /** A queue without any room loses what comes. */
  const atBothEnds = async (...queue: string[]) => {
    await run('tc', ['qdisc', ...queue.map((word) => (word === 'CABLE' ? cable : word))]);
    await run('tc', ['-n', name, 'qdisc', ...queue.map((word) => (word === 'CABLE' ? end : word))]);
  };

  let losing: string[] | null = null;
  const filterAtBothEnds = async (change: '-A' | '-D', rule: string[]) => {
    await run('iptables', [change, 'INPUT', '-i', cable, ...rule]);
    await ip('netns', 'exec', name, 'iptables', change, 'INPUT', '-i', end, ...rule);
  };
  const loseAtRandom = async (percent: number) => {
    const chance = ['statistic', '--mode', 'random', '--probability', String(percent / 100)];
    losing = ['-p', 'udp', '-m', ...chance, '-j', 'DROP'];
    await filterAtBothEnds('-A', losing);
  };
  const loseNothing = async () => {
    if (losing !== null) await filterAtBothEnds('-D', losing);
    losing = null;
  };

  return {
    hostAddress,
    chromium,
    cut: () => atBothEnds('replace', 'dev', 'CABLE', 'root', 'pfifo', 'limit', '0'),
    worsen: async ({ kbitPerSecond, lossPercent = 0 }) => {
      const bucket = ['rate', `${kbitPerSecond}kbit`, 'burst', '8kb', 'latency', '400ms'];
      await atBothEnds('replace', 'dev', 'CABLE', 'root', 'tbf', ...bucket);
      if (lossPercent > 0) await loseAtRandom(lossPercent);
    },
    mend: async () => {
      await atBothEnds('delete', 'dev', 'CABLE', 'root');
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
