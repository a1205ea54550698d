import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../scripts/stack/folder.ts';

/** Runs checks: tests that take images, and so are no part of `npm test`. */
export function runChecks(pattern: string): boolean {
  const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const { status } = spawnSync(
    process.execPath,
    [
      ...['--experimental-vm-modules', jest, '--testMatch', `<rootDir>/docker/${pattern}`],
      ...['--runInBand', '--testTimeout=300000'],
    ],
    { cwd: ROOT, stdio: 'inherit', env: { ...process.env, NODE_NO_WARNINGS: '1' } },
  );
  return status === 0;
}
