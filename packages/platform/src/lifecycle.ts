import { ConfigError, type ConfigOf, loadConfig } from './config/load.ts';
import type { ServiceName } from './config/services.ts';
import { createLogger, type Logger } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { Unfit } from './unfit.ts';
import { TimedOut, within } from './within.ts';

/** The arguments of a process's start. */
export interface ServiceContext<S extends ServiceName> {
  config: ConfigOf<S>;
  logger: Logger;
  metrics: Metrics;
  /** True from the first signal on: finish pending work and accept none. */
  draining: () => boolean;
}

/** Something that must be closed. `close` is called once. */
export interface Resource {
  name: string;
  close: () => Promise<unknown>;
}

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  /** For all resources together, by default less than Docker's ten seconds until it kills. */
  shutdownMs?: number;
}

/** One press of Ctrl-C reaches the process twice: from the terminal and from npm. */
const SAME_SIGNAL_MS = 500;

/**
 * Runs a process from its configuration to its exit. `start` returns its resources in the order of
 * closing: first those that accept work, last those that the work needs.
 *
 * SIGTERM and SIGINT close the resources one after the other and exit with 0, or with 1 if one
 * fails or hangs. A second signal exits at once. A bad environment prints one line to stderr and
 * exits with 1. An uncaught exception is logged and exits with 1: the work is safe in Postgres, and
 * another process continues it.
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
  process.on('uncaughtException', exitWith('uncaught exception'));
  process.on('unhandledRejection', exitWith('unhandled rejection'));

  let drainingSince: number | null = null;
  const draining = () => drainingSince !== null;
  const stop = async (signal: string) => {
    if (drainingSince !== null) {
      if (performance.now() - drainingSince < SAME_SIGNAL_MS) return;
      logger.warn('exiting at once on a second signal', { signal });
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

/** Calls go on if nothing reads the log any more. There is no place left to report it. */
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

/**
 * Whether every resource was closed. A failure does not stop the others; a hang ends the process.
 */
async function closeAll(
  starting: Promise<Resource[]>,
  deadline: number,
  logger: Logger,
): Promise<boolean> {
  const inTime = <T>(work: Promise<T>) => within(deadline - performance.now(), work);
  const resources = await inTime(starting);
  let allClosed = true;
  for (const [index, resource] of resources.entries()) {
    try {
      await inTime(resource.close());
    } catch (error) {
      allClosed = false;
      const stillOpen = resources.slice(index).map(({ name }) => name);
      logger.error('did not close', { part: resource.name, stillOpen, error });
      if (error instanceof TimedOut) return false;
    }
  }
  return allClosed;
}
