// npm run audit
// Asks npm's registry for known vulnerabilities in what production runs. Exit code 0: none; 1:
// some, one per line; 2: no answer, since not every mirror of the registry supports this.
import { spawnSync } from 'node:child_process';
import { ROOT } from './stack/folder.ts';

interface Report {
  /** By package. */
  readonly vulnerabilities?: Readonly<Record<string, Vulnerability>>;
  /** Given instead if the registry refused. */
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
    console.log(`${name} ${range}: ${severity}${fixAvailable ? ', fixed in a later version' : ''}`);
  }
  console.log(`${found.length} packages with known vulnerabilities.`);
  process.exitCode = found.length === 0 ? 0 : 1;
} else {
  console.error(`Not checked: the registry answered with "${message ?? 'nothing'}".`);
  process.exitCode = 2;
}
