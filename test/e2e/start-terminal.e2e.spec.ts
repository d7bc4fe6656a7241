import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BOOTSTRAP, CliProcess, StartedImbi, startEnvironment } from './cli-process.js';

const START_TIMEOUT = 120_000;
const CTRL_C = '\x03';
// util-linux's `script` gives a command a terminal; BSD's takes its arguments in another order.
const TERMINAL = 'script';
const hasScript = process.platform === 'linux' && spawnSync(TERMINAL, ['--version']).status === 0;

describe('npm start', () => {
  let directory: string;
  let running: CliProcess | undefined;

  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'imbi-terminal-'));
  });

  afterEach(() => {
    running?.killGroup();
    running = undefined;
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'hands %s on and ends with the exit code of the product',
    async (signal) => {
      const started = new StartedImbi(directory, {}, BOOTSTRAP);
      running = started;
      await started.ready();
      expect(await started.stop(signal)).toBe(0);
      expect(started.groupIsGone).toBe(true);
    },
    START_TIMEOUT,
  );

  it('ends with 1 where the product refuses to start', async () => {
    const refused = new CliProcess(BOOTSTRAP, ['start'], { IMBI_PORT: 'eighty' });
    expect(await refused.ended).toBe(1);
    expect(refused.stderr).toContain('IMBI_PORT "eighty"');
  });

  (hasScript ? it : it.skip)(
    'stops at Ctrl-C in a terminal',
    async () => {
      // `exec`, because a shell that stays between would end by the same Ctrl-C, with a code of its own.
      const line = `exec ${[process.execPath, ...BOOTSTRAP, 'start'].map((part) => `'${part}'`).join(' ')}`;
      const env = startEnvironment(directory);
      const terminal = new CliProcess(['-qfec', line, '/dev/null'], [], env, TERMINAL);
      running = terminal;
      while (!terminal.stdout.includes('Ctrl-C stops it') && !terminal.groupIsGone) await delay(50);
      terminal.process.stdin?.write(CTRL_C);
      expect(await terminal.ended).toBe(0);
      expect(terminal.stdout).toContain('Stopping');
      // Progress and panel are not torn apart by log lines.
      expect(terminal.stdout).not.toMatch(/migration applied|"level":/);
    },
    START_TIMEOUT,
  );
});
