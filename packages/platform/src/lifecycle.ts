import { ConfigError, type ConfigOf, loadConfig } from './config/load.ts';
import type { ServiceName } from './config/services.ts';
import { createLogger, type Logger } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { Unfit } from './unfit.ts';
import { TimedOut, within } from './within.ts';

/** What a process is handed to start with. */
export interface ServiceContext<S extends ServiceName> {
  config: ConfigOf<S>;
  logger: Logger;
  metrics: Metrics;
  /** True from the first signal on: finish what is under way, take nothing new. */
  draining: () => boolean;
}

/** Something that was started and has to be closed. `close` is called once. */
export interface Resource {
  name: string;
  close: () => Promise<unknown>;
}

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  /** For all parts together; a little less than the ten seconds after which Docker kills. */
  shutdownMs?: number;
}

/** One press of Ctrl-C reaches a process twice, from the terminal and from npm. */
const SAME_SIGNAL_MS = 500;

/**
 * Runs one process from its configuration to its end. `start` returns what it started, in the order in which to close it:
 * first what takes work in, last what the work needs.
 *
 * SIGTERM and SIGINT close part after part and exit 0, or 1 when one fails or hangs; a second signal exits at once.
 * A bad environment is one line on stderr and exit 1. An exception that nobody caught is logged and exits 1 too: what the
 * process was doing is safe in Postgres, and another process takes it from there.
 */
export async function runService<S extends ServiceName>(
  service: S,
  start: (context: ServiceContext<S>) => Promise<Resource[]>,
  { env = process.env, shutdownMs = 8000 }: RunOptions = {},
): Promise<void> {
  const config = configOrExit(service, env);
  const { logLevel: level, production } = config;
  const logger = createLogger({ service, level, production });
  const exitWith = (message: string) => (error: unknown) => {
    if (error instanceof Unfit) logger.error(`${message}: ${error.message}`);
    else logger.error(message, { error });
    process.exit(1);
  };
  surviveUnreadOutput();
  process.on('uncaughtException', exitWith('an exception that nobody caught'));
  process.on('unhandledRejection', exitWith('a rejection that nobody handled'));

  let drainingSince: number | null = null;
  const draining = () => drainingSince !== null;
  const stop = async (signal: string) => {
    if (drainingSince !== null) {
      if (performance.now() - drainingSince < SAME_SIGNAL_MS) return;
      logger.warn('exits at once, on a second signal', { signal });
      process.exit(1);
    }
    drainingSince = performance.now();
    logger.info('stopping', { signal });
    const deadline = drainingSince + shutdownMs;
    const closed = await closeAll(starting, deadline, logger).catch(exitWith('could not stop'));
    if (closed) logger.info('stopped');
    process.exit(closed ? 0 : 1);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  logger.debug('starting');
  const metrics = createMetrics({ fetchesKeys: 'auth' in config && config.auth.jwksUrl !== null });
  const starting = start({ config, logger, metrics, draining });
  await starting.catch(exitWith('could not start'));
  if (!draining()) logger.info('started');
}

/** Calls go on when nothing reads the log any more; and there is nowhere left to say so. */
function surviveUnreadOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function configOrExit<S extends ServiceName>(service: S, env: NodeJS.ProcessEnv): ConfigOf<S> {
  try {
    return loadConfig(service, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** Whether every part closed well. One that fails does not keep the others open; one that hangs leaves no time for them. */
async function closeAll(
  starting: Promise<Resource[]>,
  deadline: number,
  logger: Logger,
): Promise<boolean> {
  const inTime = <T>(work: Promise<T>) => within(deadline - performance.now(), work);
  const parts = await inTime(starting);
  let allWell = true;
  for (const [index, part] of parts.entries()) {
    try {
      await inTime(part.close());
    } catch (error) {
      allWell = false;
      const stillOpen = parts.slice(index).map(({ name }) => name);
      logger.error('did not close', { part: part.name, stillOpen, error });
      if (error instanceof TimedOut) return false;
    }
  }
  return allWell;
}
