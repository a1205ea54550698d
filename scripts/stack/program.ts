import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program that we run: what to start, how to tell that it is ready, and how to stop it. */
export interface Program {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** Part of a line that it prints, or a URL that answers 2xx. */
  readonly ready: { readonly line: string } | { readonly url: string };
  readonly stopSignal?: NodeJS.Signals;
  /** Repeats the signal after this time, for a program that may ignore the first. */
  readonly insistAfterMs?: number;
}

export interface Running {
  readonly pid: number;
  /** How it ended: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  /** Asks it to stop, and kills it after ten seconds. Safe to call again. */
  stop(): Promise<void>;
  /** Kills it at once. */
  kill(): Promise<void>;
}

export interface StartOptions {
  readonly onLine?: (line: string) => void;
  /** Stops waiting for a program that is not ready yet. */
  readonly signal?: AbortSignal;
}

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 10_000;
const LINES_TO_SHOW = 15;

/**
 * Starts a program and waits until it is ready. It runs in its own process group, so that Ctrl-C in
 * a terminal reaches only us, and we choose the order of stopping.
 * @throws Error with the program's last lines, if it ends or does not become ready in time.
 */
export async function startProgram(program: Program, options: StartOptions = {}): Promise<Running> {
  const lastLines: string[] = [];
  const printedReady = Promise.withResolvers<'ready'>();
  const child = spawnTethered(program);
  onEachLine(child, (line) => {
    options.onLine?.(line);
    lastLines.push(line);
    if (lastLines.length > LINES_TO_SHOW) lastLines.shift();
    if ('line' in program.ready && line.includes(program.ready.line)) printedReady.resolve('ready');
  });
  const running = handle(child, program);

  const waiting = new AbortController();
  const outcome = await Promise.race([
    'url' in program.ready
      ? waitForAnswer(program.ready.url, waiting.signal)
      : printedReady.promise,
    running.ended.then((how) => `it ended (${how})`),
    sleep(READY_WITHIN_MS, 'it took too long', { signal: waiting.signal }),
    waitForAbort(options.signal),
  ]).finally(() => waiting.abort());
  if (outcome === 'ready') return running;

  await running.kill();
  throw new Error([`${program.name} did not start: ${outcome}`, ...lastLines].join('\n  '));
}

function spawnTethered({ command, env }: Program): ChildProcess {
  const [file, ...args] = tethered(command);
  return spawn(file, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
}

/**
 * On Linux, the kernel kills the program when this process dies, even by `kill -9`. Elsewhere, only
 * an orderly end of this process stops it.
 */
export function tethered(command: readonly [string, ...string[]]): [string, ...string[]] {
  return process.platform === 'linux'
    ? ['setpriv', '--pdeathsig', 'KILL', ...command]
    : [...command];
}

function onEachLine(child: ChildProcess, onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream as Readable }).on('line', onLine);
  }
}

function handle(
  child: ChildProcess,
  { stopSignal = 'SIGTERM', insistAfterMs = STOP_WITHIN_MS }: Program,
): Running {
  let over = false;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  }).finally(() => {
    over = true;
    signalGroup(child, 'SIGKILL'); // ends what it has started itself
  });

  async function kill(): Promise<void> {
    if (!over) signalGroup(child, 'SIGKILL');
    await ended;
  }

  async function stop(): Promise<void> {
    if (over) return;
    child.kill(stopSignal);
    const insistence = setTimeout(() => child.kill(stopSignal), insistAfterMs);
    const force = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_WITHIN_MS);
    await ended;
    clearTimeout(insistence);
    clearTimeout(force);
  }

  return { pid: child.pid ?? 0, ended, stop, kill };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    const alreadyGone = (error as NodeJS.ErrnoException).code === 'ESRCH';
    if (!alreadyGone) throw error;
  }
}

async function waitForAnswer(url: string, signal: AbortSignal): Promise<'ready' | 'gave up'> {
  while (!signal.aborted) {
    const ok = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return 'ready';
    await sleep(50);
  }
  return 'gave up';
}

function waitForAbort(signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve('stopped');
    signal?.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
}
