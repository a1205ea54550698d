import { canMakeNetworks, NEEDS_NETWORKS } from './scripts/stack/networks.ts';

const breaksNetworks = canMakeNetworks();
if (!breaksNetworks) {
  console.log(
    `Skipping the end-to-end tests ${NEEDS_NETWORKS.join(', ')}: they need root on Linux, iproute2 and iptables.`,
  );
}

export default {
  globalSetup: '<rootDir>/testing/global-setup.ts',
  globalTeardown: '<rootDir>/testing/global-teardown.ts',
  testMatch: ['<rootDir>/{packages,services,examples,scripts,testing,e2e,docker}/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '/dist/',
    ...(breaksNetworks ? [] : [`/e2e/test/(${NEEDS_NETWORKS.join('|')})\\.test\\.ts$`]),
  ],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2024', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
      },
    ],
  },
  // Kept between runs, so that only changes are compiled, and the longest tests start first.
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  modulePathIgnorePatterns: ['<rootDir>/.ringline/', '<rootDir>/packages/client/dist/'],
  // One more than the two cores of a small machine: tests spend half of their time waiting for servers.
  maxWorkers: 3,
  // Only a hanging test takes this long: three run at once, and machines may be slow and busy.
  testTimeout: 60_000,
};
