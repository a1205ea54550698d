import { spawnSync } from 'node:child_process';
import { onPath } from './executable.ts';

/** Takes the progress of provisioning, line by line. */
export type Say = (line: string) => void;

/**
 * Installs Debian packages. Possible as root, on Debian and its relatives; returns whether it did.
 */
export function installSystemPackages(names: readonly string[], say: Say): boolean {
  const aptGet = onPath('apt-get');
  if (aptGet === undefined || process.getuid?.() !== 0) return false;

  say(`Installing from the system's packages: ${names.join(', ')} …`);
  // RUNLEVEL=1 keeps the packages from starting their services: we run our own servers.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const run = (...args: string[]) =>
    spawnSync(aptGet, ['-qq', '-o=Dpkg::Use-Pty=0', ...args], { env, stdio: 'ignore' }).status ===
    0;
  return run('update') && run('install', '-y', '--no-install-recommends', ...names);
}
