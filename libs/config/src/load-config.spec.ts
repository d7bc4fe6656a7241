import { describe, expect, it } from '@jest/globals';
import { documentConfig } from './document-config.js';
import { CONFIG_SECTIONS, ConfigError, loadConfig } from './load-config.js';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('loadConfig', () => {
  it('boots with no variable at all', () => {
    const config = loadConfig({});
    expect(config.server.port).toBe(8300);
    expect(config.database.url).toBeUndefined();
    expect(config.limits.idempotencyTtl).toBe(24 * 3600);
  });

  it('freezes what it gives', () => {
    const config = loadConfig({});
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.server)).toBe(true);
  });

  it.each([
    ['IMBI_PORT', 'eighty', /IMBI_PORT "eighty" is not a whole number \(for example: IMBI_PORT=8300\)/],
    ['IMBI_PORT', '70000', /IMBI_PORT "70000" is above 65535/],
    ['DATABASE_URL', 'mysql://x', /DATABASE_URL is not a URL starting with postgres:\/\/ or postgresql:\/\//],
    ['IMBI_LOG_LEVEL', 'loud', /IMBI_LOG_LEVEL "loud" is none of debug, info/],
    ['IMBI_AUTO_MIGRATE', 'maybe', /IMBI_AUTO_MIGRATE "maybe" is neither true nor false/],
    ['IMBI_IDEMPOTENCY_TTL', '1 day', /IMBI_IDEMPOTENCY_TTL "1 day" is not a duration/],
    ['IMBI_QUEUE_PREFIX', 'Bad Prefix', /IMBI_QUEUE_PREFIX "Bad Prefix" does not match/],
  ])('names %s=%s, what is wrong with it and an example', (name, value, expected) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringMatching(expected)]);
  });

  it('lists every bad variable at once', () => {
    expect(problemsOf({ IMBI_PORT: 'x', IMBI_LOG_LEVEL: 'x', IMBI_SHUTDOWN_TIMEOUT: 'x' })).toHaveLength(3);
  });

  it('never repeats an address that may carry a password', () => {
    expect(problemsOf({ DATABASE_URL: 'mysql://u:hunter2@h/d' }).join()).not.toContain('hunter2');
  });

  it.each([
    ['90s', 90],
    ['5m', 300],
    ['24h', 86_400],
    ['30d', 2_592_000],
    ['90', 90],
  ])('reads the duration %s as %d seconds', (text, seconds) => {
    expect(loadConfig({ IMBI_IDEMPOTENCY_TTL: text }).limits.idempotencyTtl).toBe(seconds);
  });

  it('has no variable twice, and a description and a working example for each', () => {
    const settings = CONFIG_SECTIONS.flatMap((of) => Object.values(of.settings));
    const names = settings.map((one) => one.env);
    expect(new Set(names).size).toBe(names.length);
    for (const one of settings) {
      expect(one.description).toMatch(/\.$/);
      if (!one.secret && !one.example.includes('…')) expect(() => one.parse(one.example)).not.toThrow();
    }
  });
});

describe('documentConfig', () => {
  it('has a row for every setting', () => {
    const text = documentConfig();
    for (const of of CONFIG_SECTIONS)
      for (const one of Object.values(of.settings)) expect(text).toContain(`\`${one.env}\``);
  });
});
