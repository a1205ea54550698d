import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { STACK_FOLDER } from './folder.ts';

const NAME_WIDTH = 14;

/** Prints a line of one of our processes, after its name. */
export function printLine(name: string, line: string): void {
  console.log(`${styleText('dim', `${name.padEnd(NAME_WIDTH)} |`)} ${line}`);
}

/**
 * Writes the lines of Postgres, Redis and LiveKit to `.ringline/logs/<name>.log`, which each start
 * overwrites.
 */
export function createLogFiles(): (name: string, line: string) => void {
  const folder = join(STACK_FOLDER, 'logs');
  mkdirSync(folder, { recursive: true });
  const files = new Map<string, WriteStream>();
  return (name, line) => {
    const file = files.get(name) ?? createWriteStream(join(folder, `${name}.log`));
    files.set(name, file);
    file.write(`${line}\n`);
  };
}
