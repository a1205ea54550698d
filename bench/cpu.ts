import { readdirSync, readFileSync } from 'node:fs';

/** The same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** The fields of `/proc/<pid>/stat` after the name, which may contain anything. */
function readStat(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function readParent(pid: number): number {
  return Number(readStat(pid)[1]);
}

function listChildren(pid: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((other) => other > 0)
    .filter((other) => {
      try {
        return readParent(other) === pid;
      } catch {
        return false; // It ended after it was listed.
      }
    });
}

/** Reads the CPU seconds of a process and its children, ended ones included. Linux only. */
export function readCpuSeconds(pid: number): number {
  const [user, system, ofEndedUser, ofEndedSystem] = readStat(pid).slice(11, 15).map(Number);
  const own =
    ((user ?? 0) + (system ?? 0) + (ofEndedUser ?? 0) + (ofEndedSystem ?? 0)) / TICKS_PER_SECOND;
  return listChildren(pid).reduce((sum, child) => sum + readCpuSeconds(child), own);
}
