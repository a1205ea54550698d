import { setTimeout as sleep } from 'node:timers/promises';
import { type Program, type Running, startProgram } from './program.ts';

export interface SupervisorOptions {
  /** Takes one line for every death and restart. */
  readonly report: (line: string) => void;
  /** Takes each line that a program prints. */
  readonly output?: (program: Program, line: string) => void;
  /** The pause before a restart. It doubles while the program dies again soon. */
  readonly restartDelayMs?: number;
}

export interface Supervisor {
  /** Starts a program, resolves when it is ready, and from then on restarts it when it dies. */
  start(program: Program): Promise<void>;
  /** Stops all of them, the last started first. Safe to call again. */
  stop(): Promise<void>;
}

interface Watched {
  running: Running;
  readonly watching: Promise<void>;
}

const LONGEST_DELAY_MS = 15_000;
const STEADY_AFTER_MS = 30_000;

/** Keeps programs running until `stop`. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { report, output, restartDelayMs = 500 } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const all: Watched[] = [];
  let stopped: Promise<void> | undefined;

  function launch(program: Program): Promise<Running> {
    return startProgram(program, { signal, onLine: (line) => output?.(program, line) });
  }

  async function start(program: Program): Promise<void> {
    const running = await launch(program);
    if (signal.aborted) return running.stop();
    const watched: Watched = { running, watching: Promise.resolve() };
    all.push(Object.assign(watched, { watching: keepAlive(program, watched) }));
  }

  async function keepAlive(program: Program, watched: Watched): Promise<void> {
    let quickDeaths = 0;
    let ended = watched.running.ended;
    while (!signal.aborted) {
      const startedAt = Date.now();
      const how = await ended;
      if (signal.aborted) return;
      if (Date.now() - startedAt > STEADY_AFTER_MS) quickDeaths = 0;
      const delay = Math.min(restartDelayMs * 2 ** quickDeaths, LONGEST_DELAY_MS);
      quickDeaths += 1;
      report(`${program.name} died (${how}); restarting it in ${delay / 1000} s`);
      await sleep(delay, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      ended = launch(program).then(
        async (running) => {
          watched.running = running;
          if (signal.aborted) await running.stop();
          else report(`${program.name} is running again`);
          return running.ended;
        },
        (error: Error) => error.message,
      );
    }
  }

  async function stopAll(): Promise<void> {
    stopping.abort();
    for (const { running, watching } of all.toReversed()) {
      await running.stop();
      await watching;
    }
  }

  return {
    start,
    stop: () => {
      stopped ??= stopAll();
      return stopped;
    },
  };
}
