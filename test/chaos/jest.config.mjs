import base from '../../jest.config.mjs';

const { projects: _projects, ...shared } = base;
const [{ displayName: _name, testMatch: _match, testPathIgnorePatterns: _ignored, ...project }] = base.projects;

// Apart from `npm test`: these run for minutes and kill processes all the while.
export default {
  ...shared,
  ...project,
  displayName: 'chaos',
  testMatch: ['**/*.chaos.spec.ts'],
  testTimeout: 15 * 60_000,
  maxWorkers: 1,
};
