// npm run check:invariants [-- --since HOURS] [-- --json]
// Checks the invariants of the database of DATABASE_URL (by default the development stack's), and
// compares LiveKit's rooms with its calls if LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET
// are given. It writes nothing. Exit code 0: every invariant holds; 1: there are violations, one
// per line; 2: it could not check.
import { parseArgs } from 'node:util';
import { checkInvariants, createLiveKit } from '@ringline/engine';
import { createMetrics, type Logger, serviceSchemas } from '@ringline/platform';
import type { InvariantReport } from '@ringline/store';
import { readDevEnv } from './stack/dev-env.ts';

const USAGE = 'npm run -s check:invariants -- [--since HOURS] [--json]';
const MAX_HOURS = 1_000_000;

/** Standard output is for the report. */
function complain(message: string) {
  return console.error(message);
}
const logger: Logger = { error: complain, warn: complain, info: complain, debug: complain };

function readArguments() {
  const { values } = parseArgs({
    options: { since: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const { since, json } = values;
  if (since === undefined) return { json };
  const sinceHours = Number(since);
  if (!(sinceHours > 0 && sinceHours <= MAX_HOURS)) {
    throw new Error(`--since takes a number of hours, ${MAX_HOURS} at most`);
  }
  return { json, sinceHours };
}

/**
 * Never mixes two environments: the development stack's LiveKit does not know another database's
 * calls.
 */
function readEnvironment() {
  const env = process.env.DATABASE_URL ? process.env : readDevEnv();
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
  const topics = serviceSchemas['cleanup-worker'].shape;
  const database = topics.database.safeParse(given);
  const retention = topics.retention.safeParse(given);
  const deploymentId = topics.deploymentId.safeParse(given);
  const livekit = given.LIVEKIT_URL ? topics.livekit.safeParse(given) : null;
  const isUsable = livekit === null || livekit.success;
  if (database.success && retention.success && deploymentId.success && isUsable) {
    return {
      databaseUrl: database.data.url,
      retention: retention.data,
      deploymentId: deploymentId.data,
      livekit: livekit?.data ?? null,
    };
  }
  const faults = [database, retention, deploymentId, livekit].flatMap(
    (parsed) => parsed?.error?.issues ?? [],
  );
  throw new Error(faults.map(({ path, message }) => `${String(path[0])} ${message}`).join('; '));
}

async function check(sinceHours: number | undefined): Promise<InvariantReport> {
  const { databaseUrl, retention, deploymentId, livekit } = readEnvironment();
  return checkInvariants(databaseUrl, {
    retention,
    deploymentId,
    logger,
    ...(sinceHours !== undefined && { sinceHours }),
    ...(livekit && { media: createLiveKit(livekit, createMetrics()) }),
  });
}

function printLines({ checked, violations }: InvariantReport): void {
  for (const { invariant, callId, detail } of violations) {
    console.log(`${invariant}  ${callId === null ? 'no call' : `call ${callId}`}  ${detail}`);
  }
  for (const { name, holds, found } of checked.filter((one) => one.found > 0)) {
    console.log(`${found} x ${name}: ${holds}`);
  }
  const broken = checked.filter(({ found }) => found > 0).length;
  console.log(`${checked.length} invariants checked, ${broken} violated.`);
}

try {
  const { json, sinceHours } = readArguments();
  const report = await check(sinceHours);
  if (json) console.log(JSON.stringify(report, null, 2));
  else printLines(report);
  process.exitCode = report.violations.length === 0 ? 0 : 1;
} catch (error) {
  console.error(`Not checked: ${(error as Error).message}\nUsage: ${USAGE}`);
  process.exitCode = 2;
}
