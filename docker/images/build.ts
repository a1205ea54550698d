import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { installSystemPackages, type Say } from '../../scripts/stack/debian.ts';
import { onPath } from '../../scripts/stack/executable.ts';
import { ROOT } from '../../scripts/stack/folder.ts';
import { IMAGE } from './containers.ts';
import { CONTAINERS_ENV, mustPodman, podman, STORE } from './podman.ts';

const TOOLS = ['podman', 'buildah', 'runc', 'catatonit', 'debootstrap'];
/** Not on the PATH: podman's programs for networks and their names. */
const NETWORKS = {
  netavark: '/usr/lib/podman/netavark',
  'aardvark-dns': '/usr/lib/podman/aardvark-dns',
};
const DEBIAN = 'http://deb.debian.org/debian';
/**
 * Debian, Node 24 and this machine's npm: the part of the official image that our Dockerfile uses.
 */
const BASE = 'localhost/ringline-node-stand-in:24';

/**
 * Lets npm fetch packages inside the build as outside, with the same proxy certificate and
 * settings.
 */
const AS_OUTSIDE = ['/etc/ssl/certs', '/etc/hosts', '/etc/resolv.conf', '/usr/etc/npmrc'];

/**
 * Installs the tools that build and run containers, if possible.
 * @throws Error with one line that names what is missing.
 */
export function provideContainerTools(say: Say): void {
  const findMissing = () => [
    ...TOOLS.filter((name) => !onPath(name)),
    ...Object.entries(NETWORKS).flatMap(([name, path]) => (existsSync(path) ? [] : [name])),
  ];
  if (findMissing().length > 0) installSystemPackages(findMissing(), say);
  if (findMissing().length > 0) throw new Error(`Not installed: ${findMissing().join(', ')}.`);
}

/** Builds the image of docker/Dockerfile. */
export function buildRingline(say: Say): void {
  provideBase(say);
  say('Building the image of Ringline …');
  buildImage({ tag: IMAGE, file: 'docker/Dockerfile' });
}

export interface Build {
  readonly tag: string;
  readonly file: string;
  /** The build context; by default the repository. */
  readonly context?: string;
  /** The stage of the file; by default the last. */
  readonly stage?: string;
  /** Values for the file's arguments. */
  readonly values?: Readonly<Record<string, string>>;
  /** Additional build contexts, by name. */
  readonly folders?: Readonly<Record<string, string>>;
}

/**
 * Builds an image on our stand-in for Node's image, and replaces an earlier one. Unchanged layers
 * are reused.
 */
export function buildImage(build: Build): void {
  const { tag, file, context = ROOT, stage, values = {}, folders = {} } = build;
  const mounts = AS_OUTSIDE.filter((path) => existsSync(path)).map(
    (path) => `--volume=${path}:${path}:ro`,
  );
  run('buildah', [
    ...[...STORE, 'build', '--isolation=chroot', '--network=host', '--format=docker'],
    ...['--pull-never', '--layers', ...mounts, ...pairs('--build-context', folders)],
    ...pairs('--build-arg', { NODE_IMAGE: BASE, ...values }),
    ...[...(stage ? ['--target', stage] : []), '--file', file, '--tag', tag, context],
  ]);
  // Otherwise the image that had this name would stay, without a name.
  mustPodman('image', 'prune', '--force');
}

function pairs(flag: string, values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `${flag}=${name}=${value}`);
}

function provideBase(say: Say): void {
  if (podman('image', 'exists', BASE).status === 0) return;
  say('Making a base image: once, one to two minutes …');
  const folder = mkdtempSync(join(tmpdir(), 'ringline-base-'));
  try {
    const root = join(folder, 'root');
    const packages = '--include=ca-certificates,libstdc++6';
    run('debootstrap', ['--variant=minbase', packages, 'bookworm', root, DEBIAN]);
    cpSync(realpathSync(process.execPath), join(root, 'usr', 'bin', 'node'));
    const npm = dirname(dirname(realpathSync(onPath('npm') ?? '')));
    cpSync(npm, join(root, 'usr', 'lib', 'node_modules', 'npm'), { recursive: true });
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr', 'bin', 'npm'));
    const tar = join(folder, 'root.tar');
    run('tar', ['--create', '--file', tar, '--directory', root, '.']);
    mustPodman('import', tar, BASE);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Prints the output only if the command fails: it is long. */
function run(file: string, args: readonly string[]): void {
  const { status, error, stdout, stderr } = spawnSync(file, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...CONTAINERS_ENV },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw error ?? new Error(`${stdout}${stderr}\n${file} failed: see above`);
}
