import { readdirSync, readFileSync } from 'node:fs';

/** Of the kernel, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** The fields of `/proc/<pid>/stat` after the name, which may hold anything. */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function parentOf(pid: number): number {
  return Number(statOf(pid)[1]);
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((other) => other > 0)
    .filter((other) => {
      try {
        return parentOf(other) === pid;
      } catch {
        return false; // It has ended since it was listed.
      }
    });
}

/** CPU seconds that a process and its children have taken so far, ended children included. Linux only. */
export function cpuSecondsOf(pid: number): number {
  const [user, system, ofEndedUser, ofEndedSystem] = statOf(pid).slice(11, 15).map(Number);
  const own =
    ((user ?? 0) + (system ?? 0) + (ofEndedUser ?? 0) + (ofEndedSystem ?? 0)) / TICKS_PER_SECOND;
  return childrenOf(pid).reduce((sum, child) => sum + cpuSecondsOf(child), own);
}
