import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { tethered } from '../../scripts/stack/program.ts';

jest.setTimeout(600_000);

const ROOT = join(import.meta.dirname, '..', '..');

/** The most revealing faults; `npm run test:faults` has all. */
const SHORT = [
  'killed-between-commit-and-publish',
  'worker-frozen-with-its-rows-locked',
  'postgres-backends-terminated',
  'redis-stopped',
  'livekit-redis-emptied',
  'livekit-answers-500',
];

/** SEED repeats a failed run. */
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

test('users under load lose nothing to the most revealing faults', async () => {
  const battery = [process.execPath, join(ROOT, 'e2e', 'faults', 'run.ts')] as const;
  const options = ['--seed', String(seed), '--minutes', '0', '--only', SHORT.join(',')];
  const [file, ...args] = tethered([...battery, ...options]);
  const child = spawn(file, args, { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
});
