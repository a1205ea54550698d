import { execFile } from 'node:child_process';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const CLIENT = join(import.meta.dirname, '..');
const MODULES = join(CLIENT, '..', '..', 'node_modules');
const DEPENDENCIES = ['livekit-client', 'socket.io-client', 'zod'];
const BUILD_MS = 180_000;

/** A host app's project, in which the packed SDK is installed. */
let project: string;

async function inProject(...[file, ...args]: [string, ...string[]]): Promise<string> {
  const { NODE_OPTIONS: _ours, ...env } = process.env;
  const { stdout, stderr } = await run(file, args, { cwd: project, env });
  return stdout + stderr;
}

beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'ringline-project-')));
  const built = join(project, 'built');
  const installed = join(project, 'node_modules', '@ringline', 'client');
  await run(process.execPath, [join(MODULES, 'tsdown', 'dist', 'run.mjs'), '--out-dir', built], {
    cwd: CLIENT,
  });
  await run('npm', ['pack', '--offline', '--loglevel=error', '--pack-destination', project], {
    cwd: built,
  });
  const [tarball] = (await readdir(project)).filter((name) => name.endsWith('.tgz'));
  await mkdir(installed, { recursive: true });
  await run('tar', [
    '-xzf',
    join(project, String(tarball)),
    '-C',
    installed,
    '--strip-components=1',
  ]);
  await rm(built, { recursive: true });
  for (const name of DEPENDENCIES) {
    await symlink(join(MODULES, name), join(project, 'node_modules', name));
  }
  await writeFile(join(project, 'package.json'), '{ "name": "project", "private": true }');
}, BUILD_MS);
afterAll(() => rm(project, { recursive: true, force: true }));

/** Uses what it has got: a class of errors, a function, and the checks of a URL and of options. */
const USE = `
  const ringline = createRingline({ url: 'https://calls.example.com', getToken: async () => 'x' });
  if (typeof ringline.connect !== 'function') throw new Error('no client');
  if (!(new RinglineError('CLOSED', 'x') instanceof Error)) throw new Error('no error');
`;

describe('the packed SDK', () => {
  it('can be required by CommonJS', async () => {
    const code = `const { createRingline, RinglineError } = require('@ringline/client'); ${USE}`;
    await writeFile(join(project, 'use.cjs'), code);
    await inProject(process.execPath, 'use.cjs');
  });

  it.each(['index.js', 'index.cjs'])(
    'uses no browser feature from after 2022: %s',
    async (file) => {
      const code = await readFile(
        join(project, 'node_modules', '@ringline', 'client', file),
        'utf8',
      );
      const young = [
        /AbortSignal\.(any|timeout)\(/,
        /\(\?<[!=]/, // Safari knows lookbehind since 16.4, and refuses the whole file before.
        /\.(toSorted|toReversed|toSpliced|with|findLast|findLastIndex|isWellFormed)\(/,
        /(Object|Map)\.groupBy/,
        /Promise\.(withResolvers|try)/,
        /static \{/,
      ];
      expect(young.filter((one) => one.test(code))).toEqual([]);
    },
  );

  it('can be imported as a module', async () => {
    const code = `import { createRingline, RinglineError } from '@ringline/client'; ${USE}`;
    await writeFile(join(project, 'use.mjs'), code);
    await inProject(process.execPath, 'use.mjs');
  });

  it('can be used in Jest without configuration', async () => {
    const code = `const { createRingline, RinglineError } = require('@ringline/client');
      test('makes a client', () => { ${USE} });`;
    await writeFile(join(project, 'use.test.js'), code);
    const jest = join(MODULES, 'jest', 'bin', 'jest.js');
    const output = await inProject(process.execPath, jest, '--rootDir', project);
    expect(output).toContain('1 passed');
  }, 60_000);

  it.each([
    ['module', 'nodenext', 'use.mts'],
    ['CommonJS', 'nodenext', 'use.cts'],
    ['bundled file', 'bundler', 'use-bundled.ts'],
  ])(
    'has types for a %s',
    async (_what, moduleResolution, file) => {
      const code = `import { createRingline, type Ringline } from '@ringline/client';
      export const ringline: Ringline = createRingline({
        url: 'https://calls.example.com',
        getToken: async () => 'x',
      });
      // @ts-expect-error: there is no such option
      createRingline({ wrong: true });`;
      await writeFile(join(project, file), code);
      const module = moduleResolution === 'bundler' ? 'esnext' : 'nodenext';
      await inProject(
        ...([process.execPath, join(MODULES, 'typescript', 'bin', 'tsc'), '--noEmit'] as const),
        ...(['--strict', '--skipLibCheck', '--target', 'es2022', '--lib', 'es2023,dom'] as const),
        ...(['--module', module, '--moduleResolution', moduleResolution, '--types', ''] as const),
        file,
      );
    },
    60_000,
  );

  it('needs nothing from this repository, and names the same dependencies', async () => {
    const manifest = await inProject('cat', 'node_modules/@ringline/client/package.json');
    expect(Object.keys(JSON.parse(manifest).dependencies).sort()).toEqual(DEPENDENCIES);
    expect(await inProject('ls', 'node_modules/@ringline/client')).toContain('README.md');
  });

  it('carries the license', async () => {
    const folder = join(project, 'node_modules', '@ringline', 'client');
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    expect(manifest.license).toBe('Apache-2.0');
    expect(await readFile(join(folder, 'LICENSE'), 'utf8')).toContain('Ringline contributors');
  });
});
