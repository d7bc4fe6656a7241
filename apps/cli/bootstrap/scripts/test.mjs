// Runs every test on the embedded engines (or those that IMBI_TEST_* name); more arguments go to Jest:
// `npm test -- libs/graph --selectProjects small`.
import { spawnSync } from 'node:child_process';
import { buildIfStale } from '../build.mjs';
import { root } from '../paths.mjs';

// The end-to-end tests start the product as users do: from dist.
buildIfStale(process.execPath);

const result = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    root('node_modules/jest/bin/jest.js'),
    ...process.argv.slice(2),
  ],
  { cwd: root(), stdio: 'inherit', env: { ...process.env, NODE_ENV: 'test' } },
);
process.exitCode = result.status ?? 1;
