// npm run test:faults [-- --seed N] [--minutes M] [--only fault,fault] [--root FOLDER]
// Injects one fault after the other into real processes under load, and checks every promise after
// each. It prints its seed first, and the violations last. Exit code 0: no violations; 1:
// violations; 2: bad usage.
import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { provideLiveKit } from '../../scripts/stack/livekit.ts';
import { provideRedis } from '../../scripts/stack/redis.ts';
import { runBattery } from './battery.ts';
import { allFaults, faultsNamed } from './catalogue.ts';

const LOAD = { callers: 14, conferences: 2 };
const LARGEST_SEED = 2 ** 31;

function say(line: string) {
  return console.log(line);
}

function readNumber(name: string, given: string, largest: number): number {
  const number = Number(given);
  if (Number.isFinite(number) && number >= 0 && number < largest) return number;
  throw new Error(`--${name} takes a number below ${largest}`);
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(randomInt(LARGEST_SEED)) },
      minutes: { type: 'string', default: '10' },
      only: { type: 'string' },
      root: { type: 'string' },
    },
  });
  const { seed, minutes, only, root } = values;
  return {
    seed: Math.floor(readNumber('seed', seed, LARGEST_SEED)),
    minutes: readNumber('minutes', minutes, 24 * 60),
    faults: only === undefined ? allFaults : faultsNamed(only.split(',')),
    ...(root !== undefined && { root: resolve(root) }),
  };
}

async function main(): Promise<number> {
  const options = readArguments();
  provideRedis(say);
  await provideLiveKit(say);
  const violations = await runBattery({ ...options, load: LOAD, say });
  say(
    violations.length === 0
      ? 'All held.'
      : `${violations.length} violations with seed ${options.seed}.`,
  );
  return violations.length === 0 ? 0 : 1;
}

// LiveKit's client for Node may keep the process alive.
try {
  process.exit(await main());
} catch (error) {
  console.error(error);
  process.exit(2);
}
