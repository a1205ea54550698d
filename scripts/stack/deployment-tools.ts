import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { installSystemPackages, type Say } from './debian.ts';
import { isExecutable, onPath } from './executable.ts';

/** What the tests of the deployment run, and which package of Debian has it. */
const PACKAGES: Readonly<Record<string, string>> = {
  caddy: 'caddy',
  nginx: 'nginx',
  pgbouncer: 'pgbouncer',
  promtool: 'prometheus',
  turnserver: 'coturn',
};

/** Compose's own parser, in a program of ours. */
const READER_SOURCE = join(import.meta.dirname, 'compose-reader');

/**
 * Sees to the servers and tools that docker-compose.yml stands on, for its tests: installs and builds them where it may.
 * @throws Error with one line that names what is missing.
 */
export function provideDeploymentTools(say: Say): void {
  const packages = missing().map((name) => PACKAGES[name] ?? name);
  if (packages.length > 0) installSystemPackages(packages, say);
  const still = missing();
  if (still.length > 0) {
    throw new Error(
      `Not on the PATH: ${still.join(', ')} (Debian: apt-get install ${packages.join(' ')}).`,
    );
  }
  provideComposeReader(say);
}

function missing(): string[] {
  return Object.keys(PACKAGES).filter((name) => !onPath(name));
}

export function findComposeReader(): string | undefined {
  return isExecutable(composeReader()) ? composeReader() : undefined;
}

function provideComposeReader(say: Say): void {
  const go = onPath('go');
  if (!go) {
    if (findComposeReader()) return;
    throw new Error(
      'No Go: install Go 1.26, with which the parser of docker-compose.yml is built.',
    );
  }
  const target = composeReader();
  if (!findComposeReader()) say('Building the parser of docker-compose.yml: once, half a minute …');
  mkdirSync(dirname(target), { recursive: true });
  // Go itself knows whether there is anything to do.
  const build = spawnSync(go, ['build', '-o', target, '.'], {
    cwd: READER_SOURCE,
    env: { ...process.env, CGO_ENABLED: '0' },
    encoding: 'utf8',
  });
  if (build.status !== 0) {
    throw new Error(`The parser of docker-compose.yml could not be built:\n${build.stderr}`);
  }
}

function composeReader(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'ringline', 'compose-reader');
}
