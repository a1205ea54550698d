import { randomInt } from 'node:crypto';
import { jest } from '@jest/globals';
import { runBattery } from '../faults/battery.ts';
import { faultsNamed } from '../faults/catalogue.ts';

jest.setTimeout(300_000);

/** The most telling ones; `npm run test:faults` has all. */
const SHORT = [
  'killed-between-commit-and-publish',
  'worker-frozen-with-its-rows-locked',
  'postgres-backends-terminated',
  'redis-stopped',
  'livekit-redis-emptied',
  'livekit-answers-500',
];

/** SEED repeats a run that failed. */
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

test('users under load lose nothing to the most telling faults', async () => {
  const violations = await runBattery({
    seed,
    faults: faultsNamed(SHORT),
    minutes: 0,
    load: { callers: 12, conferences: 1 },
    say: (line) => process.stdout.write(`  ${line}\n`),
  });
  expect(violations).toEqual([]);
});
