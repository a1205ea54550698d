import { type Program, type Running, startProgram } from '../scripts/stack/program.ts';

/** A server that a test has for itself. */
export interface Server {
  /** Of the process that runs now, for signals of other kinds. */
  pid(): number;
  /** Asks it to stop, and makes it after ten seconds. Safe to call again. */
  stop(): Promise<void>;
  /** `kill -9`, and waits until it is gone. */
  kill(): Promise<void>;
  /** Runs it again where it was and with what it kept: after `kill()`, or stopping it first. */
  restart(): Promise<void>;
}

/** Starts a program for one test, which must stop it; it dies with the test's process at the latest. */
export async function startServer(
  program: Program,
  onLine?: (line: string) => void,
): Promise<Server> {
  const start = (): Promise<Running> => startProgram(program, { ...(onLine && { onLine }) });
  let running = await start();
  return {
    pid: () => running.pid,
    stop: () => running.stop(),
    kill: () => running.kill(),
    restart: async () => {
      await running.stop();
      running = await start();
    },
  };
}

/** Tests find what `npm test` has provided, and provide nothing themselves: several at once would collide. */
export function provided(what: string, path: string | undefined): string {
  if (path) return path;
  throw new Error(`No ${what} here: run "npm test" once, which provides it or says how to.`);
}
