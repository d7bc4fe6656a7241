// Four kinds of test, chosen by file name: <x>.spec.ts small (no I/O), <x>.medium.spec.ts the real engines,
// <x>.e2e.spec.ts a running product through the SDK. `npm test` runs all of them.
import { availableParallelism, totalmem } from 'node:os';

// Each worker has an engine beside it, and the two wait for each other most of the time; Jest by itself would leave a core
// idle, and on two cores run one file at a time. A worker and its engine take up to a gigabyte.
const GIGABYTE = 1024 ** 3;
const maxWorkers = Math.max(1, Math.min(availableParallelism() + 1, Math.floor(totalmem() / GIGABYTE / 2)));

const base = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['mono-source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  setupFiles: ['<rootDir>/test/support/jest-setup.mjs'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

const roots = ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/openapi', '<rootDir>/test'];

export default {
  projects: [
    {
      ...base,
      displayName: 'small',
      roots,
      testMatch: ['**/*.spec.ts'],
      testPathIgnorePatterns: ['\\.(medium|e2e|chaos)\\.spec\\.ts$'],
    },
    {
      ...base,
      displayName: 'medium',
      roots,
      testMatch: ['**/*.medium.spec.ts'],
      globalSetup: '<rootDir>/test/support/engines-setup.mjs',
      globalTeardown: '<rootDir>/test/support/engines-teardown.mjs',
    },
    {
      ...base,
      displayName: 'e2e',
      roots,
      testMatch: ['**/*.e2e.spec.ts'],
      globalSetup: '<rootDir>/test/support/product-setup.mjs',
      globalTeardown: '<rootDir>/test/support/product-teardown.mjs',
    },
  ],
  maxWorkers,
  workerIdleMemoryLimit: '768MB',
  testTimeout: 120_000,
};
