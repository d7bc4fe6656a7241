import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const FILES = 40;
const tree = mkdtempSync(path.join(tmpdir(), 'imbi-build-'));
const inTree = (...parts: string[]) => path.join(tree, ...parts);

beforeAll(() => {
  for (const name of readdirSync(import.meta.dirname)) {
    if (name.endsWith('.mjs')) cpSync(path.join(import.meta.dirname, name), inTree('apps/cli/bootstrap', name));
  }
  cpSync(path.join(ROOT, '.swcrc'), inTree('.swcrc'));
  writeFileSync(inTree('package-lock.json'), '{}');
  writeFileSync(inTree('package.json'), '{"type":"module"}');
  symlinkSync(path.join(ROOT, 'node_modules'), inTree('node_modules'));
  mkdirSync(inTree('openapi/sdk/dist'), { recursive: true });
  writeFileSync(inTree('openapi/sdk/dist/left-alone.js'), '');
  mkdirSync(inTree('libs/x'), { recursive: true });
  for (let index = 0; index < FILES; index += 1) writeSource(index, 1);
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

function writeSource(index: number, value: number): void {
  writeFileSync(inTree(`libs/x/file-${index}.ts`), `export const value: number = ${value};\n`);
}

function startBuild(call: 'build' | 'buildIfStale'): ChildProcess {
  const program = `const { ${call} } = await import('./apps/cli/bootstrap/build.mjs'); ${call}(process.execPath);`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: tree, stdio: 'ignore' });
}

async function run(call: 'build' | 'buildIfStale'): Promise<number> {
  const [code] = await once(startBuild(call), 'exit');
  return code;
}

const compiled = (index: number) => readFileSync(inTree(`dist/libs/x/file-${index}.js`), 'utf8');

describe('building into dist', () => {
  it('compiles the sources, and not what is built elsewhere', async () => {
    expect(await run('buildIfStale')).toBe(0);
    expect(compiled(0)).toContain('value = 1');
    expect(existsSync(inTree('dist/openapi/sdk/dist'))).toBe(false);
    expect(readdirSync(inTree('.cache'))).toEqual([]);
  });

  it('does nothing while no source has changed', async () => {
    const stamp = statSync(inTree('dist/.sources')).mtimeMs;
    expect(await run('buildIfStale')).toBe(0);
    expect(statSync(inTree('dist/.sources')).mtimeMs).toBe(stamp);
  });

  it('leaves files alone that come out the same, and removes those without a source', async () => {
    const past = new Date(Date.now() - 60_000);
    utimesSync(inTree('dist/libs/x/file-1.js'), past, past);
    writeSource(0, 2);
    rmSync(inTree('libs/x/file-2.ts'));
    expect(await run('buildIfStale')).toBe(0);
    expect(compiled(0)).toContain('value = 2');
    expect(statSync(inTree('dist/libs/x/file-1.js')).mtimeMs).toBe(past.getTime());
    expect(existsSync(inTree('dist/libs/x/file-2.js'))).toBe(false);
  });

  it('never takes a file away from what runs there, though several builds are started at once', async () => {
    for (let index = 0; index < FILES; index += 1) writeSource(index, 3);
    const builds = [startBuild('build'), startBuild('build'), startBuild('buildIfStale')];
    const ended = Promise.all(builds.map(async (build) => (await once(build, 'exit'))[0]));
    let missing = 0;
    let looks = 0;
    const watch = setInterval(() => {
      for (let index = 3; index < FILES; index += 1) {
        looks += 1;
        if (!existsSync(inTree(`dist/libs/x/file-${index}.js`)) || compiled(index) === '') missing += 1;
      }
    }, 2);
    const codes = await ended;
    clearInterval(watch);
    expect({ codes, missing }).toEqual({ codes: [0, 0, 0], missing: 0 });
    expect(looks).toBeGreaterThan(1000);
    expect(compiled(FILES - 1)).toContain('value = 3');
  });

  it('goes on after a build that was killed', async () => {
    mkdirSync(inTree('.cache'), { recursive: true });
    const gone = spawn(process.execPath, ['-e', '']);
    await once(gone, 'exit');
    writeFileSync(inTree('.cache/build.lock'), String(gone.pid));
    writeSource(0, 4);
    expect(await run('buildIfStale')).toBe(0);
    expect(compiled(0)).toContain('value = 4');
  });

  it('keeps what was built when the sources do not compile', async () => {
    writeFileSync(inTree('libs/x/file-0.ts'), 'export const value: = ;\n');
    expect(await run('build')).not.toBe(0);
    expect(compiled(0)).toContain('value = 4');
    expect(readdirSync(inTree('.cache'))).toEqual([]);
  });
});
