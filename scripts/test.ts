// npm test [-- <path> …]
// Runs all checks: compiler, linter, unused code, and every test on real servers. With paths, it
// runs only the tests there. At the end it says what ran and what did not; the last line counts the
// tests.
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideChromium } from './stack/chromium.ts';
import { provideDeploymentTools } from './stack/deployment-tools.ts';
import { ROOT } from './stack/folder.ts';
import { provideLiveKit } from './stack/livekit.ts';
import { canMakeNetworks, NEEDS_NETWORKS, provideNetworks } from './stack/networks.ts';
import { tethered } from './stack/program.ts';
import { provideRedis } from './stack/redis.ts';
import {
  type JestReport,
  type LeftOut,
  type Result,
  summarize,
  toResults,
} from './test-summary.ts';

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Stops the run. */
  readonly signal: AbortSignal;
}

interface Check {
  readonly title: string;
  readonly command: [string, ...string[]];
}

function bin(name: string) {
  return join(ROOT, 'node_modules', '.bin', name);
}

const CHECKS: readonly Check[] = [
  { title: 'Types', command: [bin('tsc'), '--noEmit'] },
  { title: 'Lint and format', command: [bin('biome'), 'check', '--error-on-warnings', ROOT] },
  { title: 'Unused code and dependencies', command: [bin('knip')] },
];

/** Tests start our processes hundreds of times, and a start spends much of its time compiling. */
const NODE_COMPILE_CACHE = join(ROOT, 'node_modules', '.cache', 'node');

function say(line: string) {
  return console.log(line);
}

async function provide(): Promise<void> {
  provideRedis(say);
  await provideLiveKit(say);
  provideChromium(say);
  provideDeploymentTools(say);
  provideNetworks(say);
}

async function check({ title, command }: Check, signal: AbortSignal): Promise<Result> {
  const started = Date.now();
  const ok = (await run(command, { signal })) === 0;
  say(`${ok ? 'ok' : 'FAILED'}  ${title} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return { area: title, passed: Number(ok), failures: ok ? [] : [title], skipped: [] };
}

/** Runs Jest with its own folder for temporary files, and removes what tests have left there. */
async function jest(paths: readonly string[], signal: AbortSignal): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ringline-test-'));
  await chmod(folder, 0o711); // Postgres may run as another user
  const report = join(folder, 'report.json');
  try {
    const status = await run(
      [
        ...([process.execPath, '--experimental-vm-modules'] as const),
        '--disable-warning=ExperimentalWarning',
        `--import=${join(ROOT, 'testing', 'end-with-parent.ts')}`,
        join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'),
        ...['--json', `--outputFile=${report}`, ...paths],
      ],
      { env: { TMPDIR: folder, NODE_COMPILE_CACHE }, signal },
    );
    return await readReport(report, status, paths);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A Jest that ends without a report, or fails without a failed test, counts as one failed test. */
async function readReport(
  report: string,
  status: number | string,
  paths: readonly string[],
): Promise<Result[]> {
  const text = await readFile(report, 'utf8').catch(() => null);
  const where = paths.map((path) => path.replace(`${ROOT}/`, '')).join(' ');
  const broken = (failure: string): Result[] => [
    { area: 'Jest', passed: 0, failures: [failure], skipped: [] },
  ];
  if (text === null) return broken(`Jest ended with ${status}, without a report for ${where}`);
  const results = toResults(JSON.parse(text) as JestReport, ROOT);
  const failed = results.some(({ failures }) => failures.length > 0);
  if (status === 0 || failed) return results;
  return [...results, ...broken(`Jest ended with ${status}, though all tests passed in ${where}`)];
}

/**
 * Runs a program that prints to the terminal. Resolves to its exit code or signal; rejects when
 * interrupted.
 */
async function run(command: [string, ...string[]], { env = {}, signal }: RunOptions) {
  const [file, ...args] = tethered(command);
  const child = spawn(file, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
    signal,
  });
  return new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal ?? ''));
  });
}

/** End-to-end tests without a browser and without load. */
const LIGHT = [
  ...['caddy', 'clocks', 'docs', 'events-fold', 'log-lines', 'lost-redis', 'metrics', 'pooler'],
  ...['secrets', 'signalling'],
];

/**
 * The arguments of each run of Jest. Several browsers in a call need two cores, so most end-to-end
 * tests run alone; all other tests run in parallel.
 */
async function listRuns(): Promise<string[][]> {
  const folder = join(ROOT, 'e2e', 'test');
  const light = LIGHT.map((name) => `${name}.test.ts`);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.test.ts')).sort();
  const alone = files.filter((name) => !light.includes(name));
  const others = ['packages', 'services', 'examples', 'scripts', 'testing', 'docker'];
  return [
    [...others.map((name) => `${join(ROOT, name)}/`), ...light.map((name) => join(folder, name))],
    // jest.config.js leaves out what this machine cannot run, and says so. LiveKit's client can
    // keep a process alive after its last test.
    ['--runInBand', '--verbose', '--forceExit', ...alone.map((name) => join(folder, name))],
  ];
}

async function runAll(paths: readonly string[], signal: AbortSignal): Promise<Result[]> {
  await provide();
  const results: Result[] = [];
  const all = paths.length === 0;
  if (all) for (const each of CHECKS) results.push(await check(each, signal));
  for (const run of all ? await listRuns() : [paths]) results.push(...(await jest(run, signal)));
  return results;
}

/** Lists what does not run: on this machine, or because only some paths were asked for. */
function listLeftOut(paths: readonly string[], results: readonly Result[]): LeftOut[] {
  if (paths.length > 0)
    return [{ what: 'everything else', why: 'only these paths were asked for' }];
  const networks = NEEDS_NETWORKS.map((name) => ({
    what: `e2e/test/${name}.test.ts`,
    why: 'needs root on Linux, iproute2 and iptables',
  }));
  const skipped = results
    .flatMap((result) => result.skipped)
    .map((what) => ({ what, why: 'marked as skipped in its file' }));
  return [
    ...(canMakeNetworks() ? [] : networks),
    ...skipped,
    { what: 'npm run test:images, test:composition', why: 'need root on Debian, and minutes' },
    { what: 'npm run test:faults, test:cuts', why: 'take ten minutes and more' },
  ];
}

async function main(): Promise<void> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interruption.abort());
  }
  try {
    const paths = process.argv.slice(2);
    const results = await runAll(paths, interruption.signal);
    for (const line of summarize(results, listLeftOut(paths, results))) say(line);
    process.exitCode = results.every(({ failures }) => failures.length === 0) ? 0 : 1;
  } catch (error) {
    console.error(interruption.signal.aborted ? 'Interrupted.' : (error as Error).message);
    process.exitCode = 1;
  }
}

await main();
