import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';

export type Command = [string, ...string[]];

/** Hands a folder to the user whom `unprivileged` runs as. */
export function giveToUnprivileged(folder: string): void {
  if (!isRoot()) return;
  const { status, stderr } = spawnSync('chown', ['-R', 'nobody', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`chown failed: ${stderr.trim()}`);
}

/** Root runs such servers as `nobody`, whom every Linux has. */
function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** A command that does not run as root, for servers that refuse to. Its files are in `folder`. */
export function unprivileged(folder: string, command: Command): Command {
  if (!isRoot()) return command;
  // A change of user unties a program from the one that started it: hence once more.
  const asNobody = ['--reuid=nobody', '--regid=nogroup', '--clear-groups', '--pdeathsig=KILL'];
  const open = isOpenToAll(dirname(folder)) && isOpenToAll(dirname(command[0]));
  return ['setpriv', ...asNobody, ...(open ? [] : PASS_CLOSED_FOLDERS), ...command];
}

/** Root's own home is closed to everybody else: a clone in it can be used only with root's right to pass. */
const PASS_CLOSED_FOLDERS = [
  '--securebits=+no_setuid_fixup',
  '--inh-caps=-all,+dac_override',
  '--ambient-caps=-all,+dac_override',
];

function isOpenToAll(folder: string): boolean {
  const canPass = (statSync(folder).mode & 0o001) !== 0;
  return canPass && (folder === dirname(folder) || isOpenToAll(dirname(folder)));
}
