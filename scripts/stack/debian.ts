import { spawnSync } from 'node:child_process';
import { onPath } from './executable.ts';

/** What a step of provisioning tells the person, a line at a time. */
export type Say = (line: string) => void;

/** Installs a package of the system where we may: as root, on Debian and its kin. Tells whether it did. */
export function installSystemPackage(name: string, say: Say): boolean {
  const aptGet = onPath('apt-get');
  if (aptGet === undefined || process.getuid?.() !== 0) return false;

  say(`Installing the system's package ${name} …`);
  // Its service must not start by itself: we run a server of our own. RUNLEVEL=1 tells the package so.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const run = (...args: string[]) =>
    spawnSync(aptGet, ['-qq', '-o=Dpkg::Use-Pty=0', ...args], { env, stdio: 'ignore' }).status ===
    0;
  return run('update') && run('install', '-y', '--no-install-recommends', name);
}
