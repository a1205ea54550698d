import { setTimeout as sleep } from 'node:timers/promises';
import { checkAll } from './checker.ts';
import type { Loss, Violation } from './checks/check.ts';
import { watchDeadlines } from './deadline-watch.ts';
import type { Fault, Scene } from './fault.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { type Load, type LoadOptions, startLoad } from './load.ts';
import { createRandom } from './random.ts';
import { describeViolations, summarize } from './report.ts';
import { type ResourceWatch, watchResources } from './resource-watch.ts';
import { schedule } from './schedule.ts';
import { startWorld, type World } from './world.ts';

export interface BatteryOptions {
  /** Determines the order of the faults and the users' choices, but not the timing of processes. */
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** How long to run. Every fault is injected at least once; 0 means exactly once. */
  readonly minutes: number;
  readonly load: LoadOptions;
  readonly say: (line: string) => void;
  /** The folder of the release to attack; by default this one. */
  readonly root?: string;
}

/** How soon an acknowledged sample is stored, unless Redis loses it. */
const SAMPLE_ON_ITS_WAY_MS = 5000;
/** Enough for all deadlines of an abandoned call, one after the other. */
const ALL_OVER_MS = 40_000;

/** When faults lasted, for what they excuse. */
interface FaultTimes {
  readonly losses: Loss[];
  /** `Date.now()` of the end of the last fault; Infinity during one. */
  faultsUntil: number;
  /** The same for faults that delay deadlines. */
  deadlinesMayWaitUntil: number;
}

interface Running {
  readonly world: World;
  readonly ledger: Ledger;
  readonly load: Load;
  readonly times: FaultTimes;
  readonly resources: ResourceWatch;
  readonly say: (line: string) => void;
}

async function strike(fault: Fault, scene: Scene, times: FaultTimes): Promise<void> {
  times.faultsUntil = Number.POSITIVE_INFINITY;
  if (fault.stopsDeadlines) times.deadlinesMayWaitUntil = Number.POSITIVE_INFINITY;
  const from = Date.now() - SAMPLE_ON_ITS_WAY_MS;
  const heal = await fault.inject(scene);
  await sleep(fault.seconds * 1000);
  await heal();
  times.faultsUntil = Date.now();
  if (fault.losesSamples) times.losses.push({ from, to: Date.now() });
  if (fault.stopsDeadlines) times.deadlinesMayWaitUntil = Date.now();
}

async function strikeAndCheck(
  { world, ledger, load, times, say }: Running,
  fault: Fault,
  random: Scene['random'],
): Promise<Violation[]> {
  const startedAt = Date.now();
  const notes: string[] = [];
  const scene: Scene = {
    ...{ world, load, random },
    note: (line) => notes.push(line),
    violate: (invariant, detail) => ledger.violate({ invariant, callId: null, detail }),
  };
  await strike(fault, scene, times);
  const healedAt = Date.now();
  const violations = await checkAll({ world, ledger, losses: times.losses });
  const lasted = ((healedAt - startedAt) / 1000).toFixed(1);
  const held = ((Date.now() - healedAt) / 1000).toFixed(1);
  const outcome = violations.length === 0 ? `all held ${held} s later` : 'VIOLATED';
  const hit = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
  say(`${new Date(startedAt).toISOString()}  ${fault.name}${hit}: ${lasted} s, ${outcome}`);
  return violations;
}

/** After all users have gone, deadlines alone must end every call. */
async function everythingEnds({ world, load }: Running): Promise<Violation[]> {
  await load.stop();
  const deadline = Date.now() + ALL_OVER_MS;
  for (;;) {
    const live = await world.rows<{ id: string; state: string }>(
      'SELECT id, state FROM active_calls',
    );
    if (live.length === 0) return [];
    if (Date.now() > deadline) {
      return live.map(({ id, state }) => ({
        invariant: 'every-call-ends',
        callId: id,
        detail: `${state}, ${ALL_OVER_MS / 1000} s after the users had stopped`,
      }));
    }
    await sleep(500);
  }
}

async function strikeInTurn(running: Running, options: BatteryOptions): Promise<Violation[]> {
  const random = createRandom(options.seed).fork('schedule');
  const until = Date.now() + options.minutes * 60_000;
  let struck = 0;
  for (const { fault, afterMs } of schedule(options.faults, random)) {
    if (struck >= options.faults.length && Date.now() >= until) break;
    struck += 1;
    await sleep(afterMs);
    const violations = await strikeAndCheck(running, fault, random.fork(`${struck}`));
    const all = [...violations, ...running.ledger.violations];
    if (all.length > 0) return all;
  }
  return [
    ...(await everythingEnds(running)),
    ...(await checkAll({ ...running, losses: running.times.losses })),
    ...running.ledger.violations,
    ...running.resources.violations(),
  ];
}

/** Injects every fault into a world under load. Resolves to the violations. */
export async function runBattery(options: BatteryOptions): Promise<readonly Violation[]> {
  const { seed, say } = options;
  say(`seed ${seed}`);
  const random = createRandom(seed);
  const world = await startWorld({
    sharedRedis: random.fork('world').chance(0.3),
    ...(options.root && { root: options.root }),
  });
  const stopping = new AbortController();
  const times: FaultTimes = { losses: [], faultsUntil: 0, deadlinesMayWaitUntil: 0 };
  const faults = { over: () => times.faultsUntil };
  const ledger = openLedger(faults);
  let load: Load | null = null;
  try {
    load = await startLoad(world, { ledger, random, faults }, options.load);
    const watching = watchDeadlines(
      world,
      ledger,
      () => times.deadlinesMayWaitUntil,
      stopping.signal,
    );
    const resources = watchResources(world, stopping.signal);
    const violations = await strikeInTurn({ world, ledger, load, times, resources, say }, options);
    stopping.abort();
    await Promise.all([watching, resources.done]);
    for (const line of await describeViolations(world, ledger, violations)) say(line);
    say(summarize(ledger, load));
    for (const line of resources.summary()) say(line);
    return violations;
  } finally {
    stopping.abort();
    await load?.close();
    await world.stop();
  }
}
