// npm run release
// Tags this commit with the version of package.json, and stores the release in testing/releases/,
// because e2e/test/upgrade.test.ts upgrades from it, also in a clone without history.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './stack/folder.ts';

/**
 * What the processes of a release need, what npm needs to install their dependencies, and the
 * license.
 */
const RELEASED = [
  ':(glob)packages/*/src/**',
  ':(glob)services/*/src/**',
  ':(glob)**/package.json',
  'package-lock.json',
  '.npmrc',
  'LICENSE',
];
const RELEASES = join(ROOT, 'testing', 'releases');

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
}

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const tag = `v${version}`;

function findObstacle(): string | null {
  if (git('status', '--porcelain') !== '') return 'There are uncommitted changes.';
  return git('tag', '--list', tag) === '' ? null : `${tag} exists already: raise the version.`;
}

function release(): void {
  git('tag', '--annotate', tag, '--message', `Ringline ${version}`);
  for (const name of readdirSync(RELEASES)) {
    if (name.endsWith('.tar.gz')) rmSync(join(RELEASES, name));
  }
  const archive = join('testing', 'releases', `ringline-${version}.tar.gz`);
  git('archive', '--format=tar.gz', `--output=${archive}`, tag, '--', ...RELEASED);
  console.log(`Tagged ${tag}. Commit ${archive}, and push both.`);
}

const why = findObstacle();
if (why === null) release();
else {
  console.error(why);
  process.exitCode = 1;
}
