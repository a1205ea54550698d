import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The clone itself. */
export const ROOT = join(import.meta.dirname, '..', '..');
/** What the development stack keeps: data, logs, and the environment of its processes. */
export const STACK_FOLDER = process.env.RINGLINE_FOLDER ?? join(ROOT, '.ringline');

const LOCK = join(STACK_FOLDER, 'start.pid');

/**
 * Claims the folder for this process, since two stacks on the same data would spoil it.
 * @returns how to give it back
 * @throws Error with one clear line, when another process has it.
 */
export function claimStackFolder(): () => void {
  mkdirSync(STACK_FOLDER, { recursive: true });
  const owner = Number(readOrEmpty(LOCK));
  if (owner && isRunning(owner)) {
    throw new Error(
      `npm start already runs in this clone, as process ${owner}. If that is none of ours, delete ${LOCK}.`,
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
