import { type Program, type Running, startProgram } from '../scripts/stack/program.ts';

/** A server that one test starts and stops. */
export interface Server {
  /** The process id, for other signals. It changes with `restart`. */
  pid(): number;
  /** Asks it to stop, and kills it after ten seconds. Safe to call again. */
  stop(): Promise<void>;
  /** Kills it (`kill -9`), and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. Stops it first if it runs. */
  restart(): Promise<void>;
}

/** Starts a program. The test must stop it; at the latest it dies with the test's process. */
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

/**
 * Demands what `npm test` has provided. Tests install nothing themselves: several at once would
 * collide.
 */
export function provided(what: string, path: string | undefined): string {
  if (path) return path;
  throw new Error(`No ${what} here: run "npm test" once, which provides it or says how to.`);
}
