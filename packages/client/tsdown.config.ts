import { readFile, writeFile } from 'node:fs/promises';
import { defineConfig } from 'tsdown';

/** Inside this repository the package is its source; what is published is `dist`, with a manifest of its own. */
const writeManifest = async (): Promise<void> => {
  const manifest = JSON.parse(await readFile('package.json', 'utf8'));
  const { name, version, description, type, dependencies } = manifest;
  const { '@ringline/contract': _bundled, ...needed } = dependencies;
  const published = {
    ...{ name, version, description, type },
    exports: { types: './index.d.ts', default: './index.js' },
    sideEffects: false,
    dependencies: needed,
  };
  await writeFile('dist/package.json', `${JSON.stringify(published, null, 2)}\n`);
};

export default defineConfig({
  entry: 'src/index.ts',
  platform: 'neutral',
  target: 'es2022',
  dts: true,
  // The contract is not published: what we use of it goes into our own files.
  deps: { alwaysBundle: ['@ringline/contract'] },
  onSuccess: writeManifest,
});
