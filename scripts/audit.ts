// npm run audit
// Asks npm's registry for known holes in what production runs. Exit code 0: none; 1: there are some, each on a line; 2: nothing
// was looked up, since not every mirror of the registry answers that.
import { spawnSync } from 'node:child_process';
import { ROOT } from './stack/folder.ts';

interface Report {
  /** By package. */
  readonly vulnerabilities?: Readonly<Record<string, Vulnerability>>;
  /** Instead, where the registry refused. */
  readonly message?: string;
}

interface Vulnerability {
  readonly name: string;
  readonly severity: string;
  readonly range: string;
  readonly fixAvailable: unknown;
}

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  cwd: ROOT,
  encoding: 'utf8',
});
const { vulnerabilities, message }: Report = stdout ? JSON.parse(stdout) : {};

if (vulnerabilities) {
  const found = Object.values(vulnerabilities);
  for (const { name, range, severity, fixAvailable } of found) {
    console.log(
      `${name} ${range}: ${severity}${fixAvailable ? ', mended in a later version' : ''}`,
    );
  }
  console.log(`${found.length} packages with known holes.`);
  process.exitCode = found.length === 0 ? 0 : 1;
} else {
  console.error(`Not looked up: the registry answered with "${message ?? 'nothing'}".`);
  process.exitCode = 2;
}
