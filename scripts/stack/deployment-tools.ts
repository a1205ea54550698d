import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { installSystemPackages, type Say } from './debian.ts';
import { isExecutable, onPath } from './executable.ts';

/** The programs that the deployment tests run, and the Debian packages that contain them. */
const PACKAGES: Readonly<Record<string, string>> = {
  caddy: 'caddy',
  nginx: 'nginx',
  pgbouncer: 'pgbouncer',
  promtool: 'prometheus',
  turnserver: 'coturn',
};

/** The source of our program around Compose's own parser. */
const READER_SOURCE = join(import.meta.dirname, 'compose-reader');

/**
 * Provides the servers and tools that the tests of docker-compose.yml need: installs and builds
 * them if possible.
 * @throws Error with one line that names what is missing.
 */
export function provideDeploymentTools(say: Say): void {
  const packages = findMissing().map((name) => PACKAGES[name] ?? name);
  if (packages.length > 0) installSystemPackages(packages, say);
  const still = findMissing();
  if (still.length > 0) {
    throw new Error(
      `Not on the PATH: ${still.join(', ')} (Debian: apt-get install ${packages.join(' ')}).`,
    );
  }
  provideComposeReader(say);
}

function findMissing(): string[] {
  return Object.keys(PACKAGES).filter((name) => !onPath(name));
}

export function findComposeReader(): string | undefined {
  return isExecutable(composeReaderPath()) ? composeReaderPath() : undefined;
}

function provideComposeReader(say: Say): void {
  const go = onPath('go');
  if (!go) {
    if (findComposeReader()) return;
    throw new Error('No Go: install Go 1.26, to build the parser of docker-compose.yml.');
  }
  const target = composeReaderPath();
  if (!findComposeReader()) say('Building the parser of docker-compose.yml: once, half a minute …');
  mkdirSync(dirname(target), { recursive: true });
  // Go rebuilds it only if the source has changed.
  const build = spawnSync(go, ['build', '-o', target, '.'], {
    cwd: READER_SOURCE,
    env: { ...process.env, CGO_ENABLED: '0' },
    encoding: 'utf8',
  });
  if (build.status !== 0) {
    throw new Error(`The parser of docker-compose.yml could not be built:\n${build.stderr}`);
  }
}

function composeReaderPath(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'ringline', 'compose-reader');
}
