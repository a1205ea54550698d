import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Violation } from './checks/check.ts';
import { isRunning, type OurProcess } from './our-process.ts';
import type { World } from './world.ts';

interface Reading {
  readonly at: number;
  /** Resident memory. */
  readonly megabytes: number;
  /** Memory in use; null before the first report. */
  readonly liveMegabytes: number | null;
  readonly handles: number;
}

/** One process from start to end. */
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
/** Caches and compiled code grow first. */
const WARM_UP_MS = 45_000;
/** A shorter life does not show growth. */
const LONG_LIFE_MS = 120_000;
const MEGABYTE = 1024 * 1024;

/** The limit of a process in docker-compose.yml is 512 MB. */
const MOST_MEGABYTES = 400;
/** Of memory in use. Calls in progress and unread messages make it vary. */
const MAY_GROW_MEGABYTES = 20;
/** Clients' sockets move to the other call service when one is killed. */
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

/**
 * Measures the growth of a number from the first to the last third after warming up; null for a
 * short life.
 */
function measureGrowth({ readings }: Life, number: Growing): number | null {
  const [first, last] = [readings[0], readings.at(-1)];
  if (!first || !last || last.at - first.at < LONG_LIFE_MS) return null;
  const warm = readings
    .filter(({ at }) => at - first.at >= WARM_UP_MS)
    .flatMap((one) => one[number] ?? []);
  const third = Math.ceil(warm.length / 3);
  return Math.round(median(warm.slice(-third)) - median(warm.slice(0, third)));
}

function findViolations(life: Life): Violation[] {
  const violation = (detail: string): Violation => ({
    invariant: 'memory-and-handles-stay-flat',
    callId: null,
    detail: `${life.name}: ${detail}`,
  });
  const most = Math.max(...life.readings.map(({ megabytes }) => megabytes));
  const [memory, handles] = [measureGrowth(life, 'liveMegabytes'), measureGrowth(life, 'handles')];
  return [
    ...(most > MOST_MEGABYTES ? [violation(`${most} MB`)] : []),
    ...((memory ?? 0) > MAY_GROW_MEGABYTES ? [violation(`what it uses grew by ${memory} MB`)] : []),
    ...((handles ?? 0) > MAY_GROW_HANDLES ? [violation(`grew by ${handles} handles`)] : []),
  ];
}

/** Only Linux shows other processes' resources. */
const CAN_LOOK = process.platform === 'linux';

/** Records every five seconds what our processes use, until `stop`. */
export function watchResources(world: World, stopping: AbortSignal): ResourceWatch {
  const lives = new Map<number, Life>();
  let mostConnections = 0;

  const look = async () => {
    for (const one of world.processes) {
      const pid = one.pid();
      if (!isRunning(pid)) continue;
      const life = lives.get(pid) ?? { name: one.name, readings: [] };
      lives.set(pid, life);
      // It may end meanwhile.
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
    const growth = measureGrowth(life, number) ?? 0;
    return `${growth >= 0 ? '+' : ''}${growth}`;
  };
  return {
    done: watch(),
    violations: () => [
      ...[...lives.values()].filter(({ readings }) => readings.length > 0).flatMap(findViolations),
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
        .filter((life) => measureGrowth(life, 'liveMegabytes') !== null)
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
