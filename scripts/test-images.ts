// npm run test:images
// Builds docker/Dockerfile and makes a call through its containers, on a machine without a Docker engine: buildah builds,
// podman runs, and the base image is stood in for by Debian's own packages and the Node of our lock file. Takes minutes the
// first time, needs root and Debian.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { IMAGE, podman } from '../docker/images/containers.ts';
import { installSystemPackages } from './stack/debian.ts';
import { onPath } from './stack/executable.ts';
import { ROOT } from './stack/folder.ts';
import { provideLiveKit } from './stack/livekit.ts';
import { provideRedis } from './stack/redis.ts';

const TOOLS = ['podman', 'buildah', 'runc', 'debootstrap'];
const STAND_IN = 'localhost/ringline-node-stand-in:24';
const DEBIAN = 'http://deb.debian.org/debian';

/** So that packages are fetched inside as they are outside: where that takes a proxy's certificate or a setting of npm. */
const AS_OUTSIDE = ['/etc/ssl/certs', '/etc/hosts', '/etc/resolv.conf', '/usr/etc/npmrc'];

const say = (line: string) => console.log(line);

function run(file: string, args: string[], env: Record<string, string> = {}): void {
  const { status, error } = spawnSync(file, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw error ?? new Error(`${file} failed: see above`);
}

function provideTools(): void {
  const missing = () => TOOLS.filter((name) => !onPath(name));
  if (missing().length > 0) installSystemPackages(missing(), say);
  if (missing().length > 0) throw new Error(`Not on the PATH: ${missing().join(', ')}.`);
}

/** Debian, Node 24 and this machine's npm: as much of the official image as our Dockerfile uses. */
function provideBaseImage(): void {
  if (podman('image', 'exists', STAND_IN).status === 0) return;
  say('Making a base image: once, one to two minutes …');
  const folder = mkdtempSync(join(tmpdir(), 'ringline-base-'));
  try {
    const root = join(folder, 'root');
    run('debootstrap', [
      '--variant=minbase',
      '--include=ca-certificates,libstdc++6',
      'bookworm',
      root,
      DEBIAN,
    ]);
    cpSync(realpathSync(process.execPath), join(root, 'usr', 'bin', 'node'));
    const npm = dirname(dirname(realpathSync(onPath('npm') ?? '')));
    cpSync(npm, join(root, 'usr', 'lib', 'node_modules', 'npm'), { recursive: true });
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr', 'bin', 'npm'));
    const tar = join(folder, 'root.tar');
    run('tar', ['--create', '--file', tar, '--directory', root, '.']);
    const imported = podman('import', tar, STAND_IN);
    if (imported.status !== 0) throw new Error(imported.errors);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function build(): void {
  const mounts = AS_OUTSIDE.filter((path) => existsSync(path)).flatMap((path) => [
    '--volume',
    `${path}:${path}:ro`,
  ]);
  run('buildah', [
    ...['--storage-driver', 'vfs', 'build', '--isolation', 'chroot', '--network', 'host'],
    ...['--format', 'docker', '--pull-never', '--build-arg', `NODE_IMAGE=${STAND_IN}`],
    ...mounts,
    ...['--file', 'docker/Dockerfile', '--tag', IMAGE, '.'],
  ]);
}

function check(): void {
  const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const pattern = '<rootDir>/docker/images/*.check.ts';
  run(
    process.execPath,
    [
      '--experimental-vm-modules',
      jest,
      '--testMatch',
      pattern,
      '--runInBand',
      '--testTimeout=300000',
    ],
    {
      NODE_NO_WARNINGS: '1',
    },
  );
}

try {
  provideTools();
  provideRedis(say);
  await provideLiveKit(say);
  provideBaseImage();
  build();
  check();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
