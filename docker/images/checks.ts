import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../scripts/stack/folder.ts';

/** Runs checks: tests that need images, and therefore are not part of `npm test`. */
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
