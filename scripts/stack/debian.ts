import { spawnSync } from 'node:child_process';
import { onPath } from './executable.ts';

/** What a step of provisioning tells the person, a line at a time. */
export type Say = (line: string) => void;

/** Installs packages of the system where we may: as root, on Debian and its kin. Tells whether it did. */
export function installSystemPackages(names: readonly string[], say: Say): boolean {
  const aptGet = onPath('apt-get');
  if (aptGet === undefined || process.getuid?.() !== 0) return false;

  say(`Installing from the system's packages: ${names.join(', ')} …`);
  // Their services must not start by themselves: we run servers of our own. RUNLEVEL=1 tells the packages so.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const run = (...args: string[]) =>
    spawnSync(aptGet, ['-qq', '-o=Dpkg::Use-Pty=0', ...args], { env, stdio: 'ignore' }).status ===
    0;
  return run('update') && run('install', '-y', '--no-install-recommends', ...names);
}
