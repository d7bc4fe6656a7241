// Everything short of running the product: format, lint, boundaries, types, dead code, generated files.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { root } from '../paths.mjs';

const bin = (file) => root('node_modules', file);
const STAGES = [
  ['format and lint', bin('@biomejs/biome/bin/biome'), ['ci', '--error-on-warnings', '--colors=off', '.']],
  ['types', bin('typescript/bin/tsc'), ['--noEmit', '-p', 'tsconfig.json']],
  ['types of the SDK', bin('typescript/bin/tsc'), ['--noEmit', '-p', 'openapi/sdk/tsconfig.json']],
  ['typed lint', bin('eslint/bin/eslint.js'), ['--max-warnings', '0', 'apps', 'libs', 'test', 'openapi/sdk/src']],
  [
    'boundaries',
    bin('dependency-cruiser/bin/dependency-cruiser.mjs'),
    ['--config', '.dependency-cruiser.mjs', 'apps', 'libs'],
  ],
  ['dead code', bin('knip/bin/knip.js'), ['--no-progress']],
  ['generated files', root('apps/cli/bootstrap/scripts/generate.mjs'), ['--check']],
];

let failed = 0;
let passed = 0;
for (const [title, file, args] of STAGES) {
  if (!existsSync(file)) throw new Error(`${file} is missing`);
  const started = Date.now();
  const result = spawnSync(process.execPath, [file, ...args], { cwd: root(), encoding: 'utf8' });
  const ok = result.status === 0;
  if (ok) passed += 1;
  else failed += 1;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${title} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (!ok) console.log(`${result.stdout}${result.stderr}`.trim().slice(-12_000));
}
console.log(`checks: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
