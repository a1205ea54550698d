import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineConfig } from 'tsdown';

/**
 * Inside this repository the package is its source; what is published is the output, with a
 * manifest of its own.
 */
async function writeManifest(folder: string): Promise<void> {
  const manifest = JSON.parse(await readFile('package.json', 'utf8'));
  const { name, version, description, license, type, dependencies } = manifest;
  const { '@ringline/contract': _bundled, ...needed } = dependencies;
  const published = {
    ...{ name, version, description, license, type },
    // For tools that do not read `exports`.
    ...{ main: './index.cjs', module: './index.js', types: './index.d.cts' },
    exports: {
      '.': {
        import: { types: './index.d.ts', default: './index.js' },
        require: { types: './index.d.cts', default: './index.cjs' },
      },
      './package.json': './package.json',
    },
    sideEffects: false,
    dependencies: needed,
  };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  await copyFile('README.md', join(folder, 'README.md'));
  await copyFile(join('..', '..', 'LICENSE'), join(folder, 'LICENSE'));
}

export default defineConfig({
  entry: 'src/index.ts',
  // Jest and older hosts `require`.
  format: ['esm', 'cjs'],
  platform: 'neutral',
  target: 'es2022',
  dts: true,
  // The contract is not published: what we use of it goes into our own files.
  deps: { alwaysBundle: ['@ringline/contract', /^@noble/] },
  onSuccess: ({ outDir }) => writeManifest(outDir),
});
