import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';

const PROCESS = fileURLToPath(new URL('./fixtures/process.ts', import.meta.url));
const ENV = {
  PATH: process.env.PATH,
  DATABASE_URL: 'postgres://localhost/x',
  REDIS_URL: 'redis://localhost',
};

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** Starts a real process on the Node version that runs Jest. */
function run(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [PROCESS], { env: { ...ENV, ...env } });
  running.push(child);
  let output = '';
  let errors = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stderr.on('data', (data) => {
    errors += data;
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const says = async (text: string) => {
    while (!output.includes(text)) await once(child.stdout, 'data');
  };
  return { child, exited, says, output: () => output, errors: () => errors };
}

async function runStarted(env: NodeJS.ProcessEnv) {
  const started = run(env);
  await started.says('started');
  return started;
}

describe('a process that gets a signal', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'closes its resources in order on %s and exits with 0',
    async (signal) => {
      const { child, exited, output } = await runStarted({ RESOURCES: 'http:closes,redis:closes' });
      child.kill(signal);
      expect(await exited).toBe(0);
      expect(output()).toMatch(
        new RegExp(
          `stopping {2}signal=${signal}\\nclosing http draining=true\\nclosing redis draining=true\\n.*stopped\\n$`,
        ),
      );
    },
  );

  it('closes once when one press of Ctrl-C arrives twice', async () => {
    const { child, exited, output } = await runStarted({ RESOURCES: 'http:closes' });
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(output().match(/closing http/g)).toHaveLength(1);
  });

  it('closes the other resources when one fails, and exits with 1', async () => {
    const { child, exited, output } = await runStarted({ RESOURCES: 'http:fails,redis:closes' });
    child.kill('SIGTERM');
    expect(await exited).toBe(1);
    expect(output()).toContain('did not close  part=http');
    expect(output()).toContain('close failed');
    expect(output()).toContain('closing redis');
  });

  it('logs which resource hangs, and exits with 1 after the timeout', async () => {
    const { child, exited, output } = await runStarted({
      RESOURCES: 'http:closes,redis:hangs,postgres:closes',
      SHUTDOWN_MS: '200',
    });
    child.kill('SIGTERM');
    expect(await exited).toBe(1);
    expect(output()).toContain('did not close  part=redis stillOpen=["redis","postgres"]');
    expect(output()).not.toContain('closing postgres');
  });

  it('exits at once on a second signal', async () => {
    const { child, exited, says, output } = await runStarted({ RESOURCES: 'http:hangs' });
    child.kill('SIGTERM');
    await says('closing http');
    // A signal right after the first counts as the same one, so this repeats it.
    const signals = setInterval(() => child.kill('SIGTERM'), 50);
    const code = await exited;
    clearInterval(signals);
    expect(code).toBe(1);
    expect(output()).toContain('exiting at once on a second signal');
  });

  it('exits with 1 when its start hangs', async () => {
    const { child, exited, says, output } = run({
      START: 'hangs',
      SHUTDOWN_MS: '200',
      LOG_LEVEL: 'debug',
    });
    await says('starting');
    child.kill('SIGTERM');
    expect(await exited).toBe(1);
    expect(output()).toContain('could not stop');
  });
});

describe('a process that fails', () => {
  it('prints the errors of its environment in one line, and exits with 1', async () => {
    const { exited, output, errors } = run({ DATABASE_URL: '', REDIS_URL: 'nonsense' });
    expect(await exited).toBe(1);
    expect(errors()).toBe(
      'Bad configuration: DATABASE_URL is missing; REDIS_URL must be redis://host:port, or redis://a,b,c for a cluster.\n',
    );
    expect(output()).toBe('');
  });

  it.each([
    ['fails', 'could not start', 'port is taken'],
    ['throws later', 'uncaught exception', 'SyntaxError'],
    ['rejects later', 'unhandled rejection', 'not handled'],
  ])('logs the reason and exits with 1 when it %s', async (START, message, reason) => {
    const { exited, output } = run({ START });
    expect(await exited).toBe(1);
    expect(output()).toContain(`error  quality-ingester  ${message}`);
    expect(output()).toContain(reason);
    expect(output()).toMatch(/\n {4}at /);
  });
});

it('a process keeps running when nothing reads its output', async () => {
  const { child, exited, says } = run({ START: 'writes on', RESOURCES: 'http:closes' });
  await says('more');
  child.stdout.destroy();
  child.stderr.destroy();
  const ended = await Promise.race([exited, sleep(300, 'running')]);
  expect(ended).toBe('running');
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
});
