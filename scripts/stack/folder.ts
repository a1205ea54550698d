import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, '..', '..');
/** Where the development stack keeps data, logs, and the environment of its processes. */
export const STACK_FOLDER = process.env.RINGLINE_FOLDER ?? join(ROOT, '.ringline');

const LOCK = join(STACK_FOLDER, 'start.pid');

/**
 * Claims the folder for this process, since two stacks would corrupt the same data.
 * @returns how to release it.
 * @throws Error with one line, if another process has it.
 */
export function claimStackFolder(): () => void {
  mkdirSync(STACK_FOLDER, { recursive: true });
  const owner = Number(readOrEmpty(LOCK));
  if (owner && isRunning(owner)) {
    throw new Error(
      `npm start already runs in this clone, as process ${owner}. If that is another program, delete ${LOCK}.`,
    );
  }
  writeFileSync(LOCK, String(process.pid));
  return () => rmSync(LOCK, { force: true });
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
