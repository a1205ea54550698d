// Two cores: more workers than that only make the servers under test compete with the tests.
export default {
  globalSetup: '<rootDir>/testing/global-setup.ts',
  globalTeardown: '<rootDir>/testing/global-teardown.ts',
  testMatch: ['<rootDir>/{packages,services,examples,scripts,testing,e2e,docker}/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
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
  modulePathIgnorePatterns: ['<rootDir>/.ringline/', '<rootDir>/packages/client/dist/'],
  maxWorkers: 2,
  testTimeout: 20_000,
};
