// npm test [-- <path> …]
// Runs all checks: compiler, linter, unused code, and every test on real servers. With paths, it runs only the tests
// there. The last line counts them.
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { provideChromium } from './stack/chromium.ts';
import { provideDeploymentTools } from './stack/deployment-tools.ts';
import { ROOT } from './stack/folder.ts';
import { provideLiveKit } from './stack/livekit.ts';
import { provideNetworks } from './stack/networks.ts';
import { tethered } from './stack/program.ts';
import { provideRedis } from './stack/redis.ts';

interface Outcome {
  readonly passed: number;
  /** What failed, one line each. */
  readonly failures: readonly string[];
}

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

async function check({ title, command }: Check, signal: AbortSignal): Promise<Outcome> {
  const started = Date.now();
  const ok = (await run(command, { signal })) === 0;
  say(`${ok ? 'ok' : 'FAILED'}  ${title} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return { passed: Number(ok), failures: ok ? [] : [title] };
}

/** Runs Jest with its own folder for temporary files, and removes what tests have left there. */
async function jest(paths: readonly string[], signal: AbortSignal): Promise<Outcome> {
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

interface JestReport {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** A test file that cannot be run counts as one failed test, and so does a Jest that ends without a report. */
async function readReport(
  report: string,
  status: number | string,
  paths: readonly string[],
): Promise<Outcome> {
  const text = await readFile(report, 'utf8').catch(() => null);
  const where = paths.map((path) => path.replace(`${ROOT}/`, '')).join(' ');
  if (text === null) {
    return { passed: 0, failures: [`Jest ended with ${status}, without a report for ${where}`] };
  }
  const { numPassedTests, testResults } = JSON.parse(text) as JestReport;
  const failures = testResults.flatMap(({ name, status: fileStatus, assertionResults }) => {
    const file = relative(ROOT, name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return fileStatus === 'failed' ? [file] : [];
    return failed.map(({ fullName }) => `${file}: ${fullName}`);
  });
  if (failures.length === 0 && status !== 0) {
    failures.push(`Jest ended with ${status}, though all tests passed in ${where}`);
  }
  return { passed: numPassedTests, failures };
}

/** Runs a program that prints to the terminal. Resolves to its exit code or signal; rejects when interrupted. */
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
 * The arguments of each run of Jest. Several browsers in a call need two cores, so most end-to-end tests run alone; all
 * other tests run in parallel.
 */
async function listRuns(): Promise<string[][]> {
  const folder = join(ROOT, 'e2e', 'test');
  const light = LIGHT.map((name) => `${name}.test.ts`);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.test.ts')).sort();
  const alone = files.filter((name) => !light.includes(name));
  const others = ['packages', 'services', 'examples', 'scripts', 'testing', 'docker'];
  return [
    [...others.map((name) => `${join(ROOT, name)}/`), ...light.map((name) => join(folder, name))],
    // jest.config.js leaves out what this machine cannot run, and says so.
    ['--runInBand', '--verbose', ...alone.map((name) => join(folder, name))],
  ];
}

async function runAll(paths: readonly string[], signal: AbortSignal): Promise<Outcome> {
  await provide();
  const outcomes: Outcome[] = [];
  const all = paths.length === 0;
  if (all) for (const each of CHECKS) outcomes.push(await check(each, signal));
  for (const run of all ? await listRuns() : [paths]) outcomes.push(await jest(run, signal));
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failures: outcomes.flatMap(({ failures }) => failures),
  };
}

async function main(): Promise<void> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interruption.abort());
  }
  try {
    const { passed, failures } = await runAll(process.argv.slice(2), interruption.signal);
    // Repeated here, since the details are far above.
    for (const failure of failures) say(`FAILED  ${failure}`);
    say(`${passed} passed, ${failures.length} failed`);
    process.exitCode = failures.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(interruption.signal.aborted ? 'Interrupted.' : (error as Error).message);
    process.exitCode = 1;
  }
}

await main();
