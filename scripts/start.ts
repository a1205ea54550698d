// npm start [-- --parts]
// Runs all of Ringline for development, from Postgres to the example page, until Ctrl-C.
import { parseArgs } from 'node:util';
import { migrate } from '@ringline/store';
import { type Environment, findOrMakeSecret, writeDevEnv } from './stack/dev-env.ts';
import { claimStackFolder } from './stack/folder.ts';
import { createLogFiles, printLine } from './stack/output.ts';
import { liveKitPart, type Part, postgresPart, redisPart } from './stack/parts.ts';
import { createPortFinder } from './stack/ports.ts';
import { exampleProgram, SERVICES, serviceProgram } from './stack/processes.ts';
import { createSupervisor, type Supervisor } from './stack/supervise.ts';

type FindPort = (preferred: number) => Promise<number>;

const PARTS: readonly string[] = ['postgres', 'redis', 'livekit'];

function say(line: string) {
  return console.log(line);
}

/** Finds the usual ports, or others above them, and reports the difference. */
function createFindPort(): FindPort {
  const find = createPortFinder();
  return async (preferred) => {
    const port = await find(preferred);
    if (port !== preferred) say(`Port ${preferred} is taken: using ${port} instead.`);
    return port;
  };
}

async function startParts(supervisor: Supervisor, findPort: FindPort, webhookUrl: string) {
  async function start<Env>({ program, description, env }: Part<Env>): Promise<Env> {
    if (program) await supervisor.start(program);
    say(`${description}.`);
    return env;
  }

  const options = { findPort, say };
  const postgres = await start(await postgresPart(options));
  const redis = await start(await redisPart(options));
  const livekit = await start(
    await liveKitPart(options, { redisUrl: redis.REDIS_URL, webhookUrl }),
  );
  return { ...postgres, ...redis, ...livekit };
}

/** Everything that the processes read, except their internal ports. */
function makeEnvironment(parts: Environment, port: number, webPort: number): Environment {
  const { HOST = '127.0.0.1', AUTH_JWT_ISSUER, AUTH_JWT_AUDIENCE, CORS_ORIGINS } = process.env;
  return {
    NODE_ENV: 'development',
    HOST,
    PORT: String(port),
    ...parts,
    AUTH_JWT_SECRET: findOrMakeSecret('AUTH_JWT_SECRET'),
    ...(AUTH_JWT_ISSUER && { AUTH_JWT_ISSUER }),
    ...(AUTH_JWT_AUDIENCE && { AUTH_JWT_AUDIENCE }),
    CORS_ORIGINS: CORS_ORIGINS ?? `http://localhost:${webPort},http://127.0.0.1:${webPort}`,
    EXAMPLE_WEB_PORT: String(webPort),
    RINGLINE_URL: `http://localhost:${port}`,
  };
}

async function startProcesses(supervisor: Supervisor, findPort: FindPort, env: Environment) {
  for (const service of SERVICES) {
    const internalPort = await findPort(service.preferredPort);
    await supervisor.start(serviceProgram(service, internalPort, env));
  }
  await supervisor.start(exampleProgram(env));
}

async function startAll(supervisor: Supervisor, partsOnly: boolean): Promise<void> {
  const findPort = createFindPort();
  const port = await findPort(Number(process.env.PORT ?? 3000));
  const webPort = await findPort(Number(process.env.EXAMPLE_WEB_PORT ?? 3100));
  const webhookUrl = `http://127.0.0.1:${port}/webhooks/livekit`;
  const parts = await startParts(supervisor, findPort, webhookUrl);
  await migrate(parts.DATABASE_URL);
  const env = makeEnvironment(parts, port, webPort);
  writeDevEnv(env);
  if (!partsOnly) await startProcesses(supervisor, findPort, env);

  const page = `\n  Call from here      http://localhost:${webPort}  (two windows, two people)
  The API             http://localhost:${port}/docs\n  A token for it      npm run -s token -- ann`;
  say(`${partsOnly ? '\nThe parts run.' : `\nRingline runs.\n${page}`}
  The environment     .ringline/dev.env  (node --env-file=.ringline/dev.env …)
  The parts' logs     .ringline/logs/\n\nCtrl-C stops everything.\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { parts: { type: 'boolean', default: false } } });
  const release = claimStackFolder();
  const keepLine = createLogFiles();
  const supervisor = createSupervisor({
    report: say,
    output: ({ name }, line) => (PARTS.includes(name) ? keepLine : printLine)(name, line),
  });

  let stopping = false;
  async function stop(exitCode: number): Promise<void> {
    stopping = true;
    await supervisor.stop();
    release();
    process.exit(exitCode);
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Ctrl-C arrives twice: from the terminal and from npm.
    process.on(signal, () => stop(0));
  }

  await startAll(supervisor, values.parts).catch(async (error: Error) => {
    if (stopping) return;
    console.error(error.message);
    await stop(1);
  });
}

await main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
