import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const RELEASES = join(import.meta.dirname, '..', 'testing', 'releases');

/** The last release, ready to run. */
export interface Release {
  readonly version: string;
  readonly root: string;
  remove(): Promise<void>;
}

/** Unpacks the last release and installs its dependencies, by its own lock file. */
export async function unpackRelease(): Promise<Release> {
  const archives = (await readdir(RELEASES)).filter((name) => name.endsWith('.tar.gz'));
  const [archive] = archives;
  if (archive === undefined || archives.length > 1) {
    throw new Error(
      `testing/releases/ holds ${archives.length} archives; "npm run release" leaves one.`,
    );
  }
  const root = await mkdtemp(join(tmpdir(), 'ringline-release-'));
  await run('tar', ['-xzf', join(RELEASES, archive), '-C', root]);
  // Without install scripts and without its Node: the processes need nothing that is built, and run
  // on our Node.
  const options = ['--prefer-offline', '--ignore-scripts', '--omit=dev', '--omit=optional'];
  await run('npm', ['ci', ...options, '--loglevel=error'], { cwd: root });
  return {
    version: archive.slice('ringline-'.length, -'.tar.gz'.length),
    root,
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
