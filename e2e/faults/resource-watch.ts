import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Violation } from './checks/check.ts';
import { isRunning, type OurProcess } from './our-process.ts';
import type { World } from './world.ts';

interface Reading {
  readonly at: number;
  /** What the system gave it. */
  readonly megabytes: number;
  /** What it uses of it; null before it first said. */
  readonly liveMegabytes: number | null;
  readonly handles: number;
}

/** One life of one process. */
interface Life {
  readonly name: string;
  readonly readings: Reading[];
}

export interface ResourceWatch {
  readonly done: Promise<void>;
  violations(): Violation[];
  summary(): string[];
}

const LOOK_EVERY_MS = 5000;
/** Caches and the compiler fill up first. */
const WARM_UP_MS = 45_000;
/** A shorter life says nothing of what grows. */
const LONG_LIFE_MS = 120_000;
const MEGABYTE = 1024 * 1024;

/** The composition gives a process 512 MB. */
const MOST_MEGABYTES = 400;
/** Of what is in use. The calls under way, and what clients have not read yet, come and go. */
const MAY_GROW_MEGABYTES = 20;
/** Sockets of clients, which move from one call service to the other when that is killed. */
const MAY_GROW_HANDLES = 80;
/** Ten for each of six processes (DATABASE_POOL_SIZE). */
const MOST_CONNECTIONS = 60;

async function read(one: OurProcess): Promise<Reading> {
  const pid = one.pid();
  const statm = await readFile(`/proc/${pid}/statm`, 'utf8');
  const pages = Number(statm.split(' ')[1]);
  return {
    at: Date.now(),
    megabytes: Math.round((pages * 4096) / MEGABYTE),
    liveMegabytes: one.liveMegabytes(),
    handles: (await readdir(`/proc/${pid}/fd`)).length,
  };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

type Growing = 'liveMegabytes' | 'handles';

/** How much one of its numbers grew from the first to the last third of its life after warming up; null where it is short. */
function growthOf({ readings }: Life, number: Growing): number | null {
  const [first, last] = [readings[0], readings.at(-1)];
  if (!first || !last || last.at - first.at < LONG_LIFE_MS) return null;
  const warm = readings
    .filter(({ at }) => at - first.at >= WARM_UP_MS)
    .flatMap((one) => one[number] ?? []);
  const third = Math.ceil(warm.length / 3);
  return Math.round(median(warm.slice(-third)) - median(warm.slice(0, third)));
}

function violationsOf(life: Life): Violation[] {
  const violation = (detail: string): Violation => ({
    invariant: 'memory-and-handles-stay-flat',
    callId: null,
    detail: `${life.name}: ${detail}`,
  });
  const most = Math.max(...life.readings.map(({ megabytes }) => megabytes));
  const [memory, handles] = [growthOf(life, 'liveMegabytes'), growthOf(life, 'handles')];
  return [
    ...(most > MOST_MEGABYTES ? [violation(`${most} MB`)] : []),
    ...((memory ?? 0) > MAY_GROW_MEGABYTES ? [violation(`what it uses grew by ${memory} MB`)] : []),
    ...((handles ?? 0) > MAY_GROW_HANDLES ? [violation(`grew by ${handles} handles`)] : []),
  ];
}

/** Linux alone lets one look into other processes. */
const CAN_LOOK = process.platform === 'linux';

/** Reads every five seconds what our processes take, until it is told to stop. */
export function watchResources(world: World, stopping: AbortSignal): ResourceWatch {
  const lives = new Map<number, Life>();
  let mostConnections = 0;

  const look = async () => {
    for (const one of world.processes) {
      const pid = one.pid();
      if (!isRunning(pid)) continue;
      const life = lives.get(pid) ?? { name: one.name, readings: [] };
      lives.set(pid, life);
      // It may end while it is looked at.
      const reading = await read(one).catch(() => null);
      if (reading) life.readings.push(reading);
    }
    const [counted] = await world
      .rows<{ count: number }>(
        `SELECT count(*)::integer AS count FROM pg_stat_activity WHERE application_name = 'ringline'`,
      )
      .catch(() => []);
    mostConnections = Math.max(mostConnections, counted?.count ?? 0);
  };
  const watch = async () => {
    while (CAN_LOOK && !stopping.aborted) {
      await look();
      await sleep(LOOK_EVERY_MS, undefined, { signal: stopping }).catch(() => undefined);
    }
  };

  const grown = (life: Life, number: Growing): string => {
    const growth = growthOf(life, number) ?? 0;
    return `${growth >= 0 ? '+' : ''}${growth}`;
  };
  return {
    done: watch(),
    violations: () => [
      ...[...lives.values()].filter(({ readings }) => readings.length > 0).flatMap(violationsOf),
      ...(mostConnections > MOST_CONNECTIONS
        ? [
            {
              invariant: 'memory-and-handles-stay-flat',
              callId: null,
              detail: `${mostConnections} connections to Postgres`,
            },
          ]
        : []),
    ],
    summary: () => [
      `${mostConnections} connections to Postgres at most`,
      ...[...lives.values()]
        .filter((life) => growthOf(life, 'liveMegabytes') !== null)
        .map((life) => {
          const { megabytes, liveMegabytes, handles } = life.readings.at(-1) ?? {};
          return (
            `${life.name}: ${megabytes} MB, in use ${liveMegabytes?.toFixed()} MB (${grown(life, 'liveMegabytes')}), ` +
            `${handles} handles (${grown(life, 'handles')})`
          );
        }),
    ],
  };
}
