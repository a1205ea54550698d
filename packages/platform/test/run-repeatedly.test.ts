import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { type Logger, runRepeatedly } from '@ringline/platform';

interface Line {
  level: string;
  message: string;
  job: unknown;
}

function recordingLogger(): { logger: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (message: string, fields?: Record<string, unknown>) => {
    lines.push({ level, message, job: fields?.job });
  };
  const logger = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
  return { logger: logger as unknown as Logger, lines };
}

it('warns of the first failure in a row, and logs once when the job works again', async () => {
  const { logger, lines } = recordingLogger();
  const done = Promise.withResolvers<void>();
  let runs = 0;
  const run = async () => {
    runs += 1;
    if (runs <= 3) throw new Error('away');
    if (runs === 5) done.resolve();
  };
  const repetition = runRepeatedly({ name: 'work', everyMs: 1, run }, logger);
  await done.promise;
  await repetition.close();
  const logged = lines.map(({ level, message, job }) => [level, message, job]);
  expect(logged).toEqual([
    ['warn', 'job failed, retrying', 'work'],
    ['debug', 'job failed, retrying', 'work'],
    ['debug', 'job failed, retrying', 'work'],
    ['info', 'job works again', 'work'],
  ]);
});

it('runs a job again at once while it resolves to true, and otherwise after the interval', async () => {
  const { logger } = recordingLogger();
  let runs = 0;
  const run = async () => {
    runs += 1;
    return runs < 5;
  };
  const repetition = runRepeatedly({ name: 'work', everyMs: 60_000, run }, logger);
  await sleep(100);
  expect(runs).toBe(5);
  await repetition.close();
});

it('runs a woken job right after the current run, and never twice at a time', async () => {
  const { logger } = recordingLogger();
  let [runs, running] = [0, 0];
  const run = async () => {
    runs += 1;
    running += 1;
    expect(running).toBe(1);
    await sleep(20);
    running -= 1;
  };
  const repetition = runRepeatedly({ name: 'work', everyMs: 60_000, run }, logger);
  repetition.wake();
  repetition.wake();
  await sleep(150);
  expect(runs).toBe(2);
  repetition.wake();
  await sleep(100);
  expect(runs).toBe(3);
  await repetition.close();
});

it('aborts the current run when closed, waits for its end, and starts no other', async () => {
  const { logger } = recordingLogger();
  const events: string[] = [];
  const run = async (stopping: AbortSignal) => {
    events.push('run');
    await new Promise((resolve) => stopping.addEventListener('abort', resolve));
    events.push('stopping');
    await sleep(20);
    events.push('ended');
    return true;
  };
  const repetition = runRepeatedly({ name: 'work', everyMs: 1, run }, logger);
  await sleep(10);
  await repetition.close();
  repetition.wake();
  await sleep(30);
  expect(events).toEqual(['run', 'stopping', 'ended']);
});
