// Runs before anything else, under any Node: brings node_modules up to date with the lock file, and
// provides node_modules/.bin/node, the Node 24 that every other script runs on. It is plain
// JavaScript, so that an old Node can report what is wrong.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const lockFile = join(root, 'package-lock.json');
const installedLock = join(root, 'node_modules', '.package-lock.json');
const node = join(root, 'node_modules', '.bin', 'node');

function fail(line) {
  console.error(line);
  process.exit(1);
}

/**
 * Compares what is installed with the lock file. Optional packages may be missing: they are for
 * other platforms.
 */
function isInstalled() {
  if (!existsSync(installedLock)) return false;
  const installed = readPackages(installedLock);
  return Object.entries(readPackages(lockFile)).every(
    ([path, { version, optional }]) =>
      path === '' || (path in installed ? installed[path].version === version : optional),
  );
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

function install() {
  console.log('Installing packages (about half a minute the first time) …');
  const started = Date.now();
  const npm = spawnSync('npm', ['ci', '--prefer-offline', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (npm.status !== 0) fail('npm ci failed: see above.');
  console.log(`Packages installed in ${Math.round((Date.now() - started) / 1000)} s.`);
}

/** npm ships Node 24 for Linux only; elsewhere the installed one is used. */
function linkOwnNode() {
  if (Number.parseInt(process.versions.node, 10) < 24) {
    fail(`Ringline needs Node 24 or newer; this is ${process.version} on ${process.platform}.`);
  }
  symlinkSync(process.execPath, node);
}

if (!isInstalled()) install();
if (!existsSync(node)) linkOwnNode();
