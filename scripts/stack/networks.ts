import { spawnSync } from 'node:child_process';
import { installSystemPackages, type Say } from './debian.ts';
import { onPath } from './executable.ts';

/** Whether we may make networks of our own and break them: as root on Linux, where nothing forbids it. */
export function canMakeNetworks(): boolean {
  const hasTools = onPath('ip') !== undefined && onPath('tc') !== undefined;
  return hasTools && spawnSync('unshare', ['--net', 'true']).status === 0;
}

/** Installs what that takes, where we may. */
export function provideNetworks(say: Say): void {
  if (process.platform === 'linux' && onPath('ip') === undefined) {
    installSystemPackages(['iproute2'], say);
  }
}
