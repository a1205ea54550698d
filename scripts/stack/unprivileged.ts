import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';

export type Command = [string, ...string[]];

/** Gives a folder to the user that `unprivileged` runs as. */
export function giveToUnprivileged(folder: string): void {
  if (!isRoot()) return;
  const { status, stderr } = spawnSync('chown', ['-R', 'nobody', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`chown failed: ${stderr.trim()}`);
}

/** Root runs such servers as another user. */
function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Wraps the command of a server that refuses to run as root. Its files are in `folder`. */
export function unprivileged(folder: string, command: Command): Command {
  if (!isRoot()) return command;
  // The kernel clears --pdeathsig when the user changes, so it is set again.
  const asNobody = ['--reuid=nobody', '--regid=nogroup', '--clear-groups', '--pdeathsig=KILL'];
  const open = isOpenToAll(dirname(folder)) && isOpenToAll(dirname(command[0]));
  return ['setpriv', ...asNobody, ...(open ? [] : PASS_CLOSED_FOLDERS), ...command];
}

/** Root's home is closed to other users: for a clone in it, keep the capability to pass through. */
const PASS_CLOSED_FOLDERS = [
  '--securebits=+no_setuid_fixup',
  '--inh-caps=-all,+dac_override',
  '--ambient-caps=-all,+dac_override',
];

function isOpenToAll(folder: string): boolean {
  const canPass = (statSync(folder).mode & 0o001) !== 0;
  return canPass && (folder === dirname(folder) || isOpenToAll(dirname(folder)));
}
