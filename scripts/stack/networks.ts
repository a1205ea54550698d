import { spawnSync } from 'node:child_process';
import { installSystemPackages, type Say } from './debian.ts';
import { onPath } from './executable.ts';

/** The end-to-end tests that break networks, by the names of their files. */
export const NEEDS_NETWORKS = ['network', 'lost-initiator', 'bad-line'];

/**
 * Whether this process can create network namespaces: as root on Linux, unless something forbids
 * it.
 */
export function canMakeNetworks(): boolean {
  return hasTools() && spawnSync('unshare', ['--net', 'true']).status === 0;
}

/** Installs the tools for that, if possible. */
export function provideNetworks(say: Say): void {
  if (process.platform === 'linux' && !hasTools()) {
    installSystemPackages(['iproute2', 'iptables'], say);
  }
}

function hasTools(): boolean {
  return ['ip', 'tc', 'iptables'].every((tool) => onPath(tool));
}
