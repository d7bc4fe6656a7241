import {
  accountSection,
  analyticsSection,
  auditSection,
  authSection,
  databaseSection,
  dataSection,
  limitsSection,
  logSection,
  mailSection,
  mfaSection,
  oauthSection,
  queueSection,
  retentionSection,
  scoringSection,
  serverSection,
  storageSection,
  tracingSection,
  uploadsSection,
} from './sections/index.js';
import { type Section, type SectionValues, type Setting, SettingProblem } from './setting.js';

/** Every section, in the order of the documentation. */
export const CONFIG_SECTIONS = [
  serverSection,
  dataSection,
  logSection,
  tracingSection,
  databaseSection,
  queueSection,
  analyticsSection,
  storageSection,
  uploadsSection,
  mailSection,
  mfaSection,
  authSection,
  accountSection,
  oauthSection,
  auditSection,
  scoringSection,
  limitsSection,
  retentionSection,
] as const;

type Sections = (typeof CONFIG_SECTIONS)[number];

/** The whole configuration: `config.<section>.<key>`, validated and frozen; durations are in seconds. */
export type Config = { readonly [Of in Sections as Of['name']]: SectionValues<Of> };

/** Injection token of the {@link Config}. */
export const CONFIG = Symbol('imbi.config');

export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/**
 * Reads the configuration from environment variables.
 * @throws ConfigError naming every bad variable, what is wrong with it and a value that would do
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const problems: string[] = [];
  const read = (of: Section<string, Record<string, Setting<unknown>>>) =>
    Object.freeze(
      Object.fromEntries(Object.entries(of.settings).map(([key, one]) => [key, readSetting(one, env, problems)])),
    );
  const config = Object.fromEntries(CONFIG_SECTIONS.map((of) => [of.name, read(of)]));
  if (problems.length > 0) throw new ConfigError(problems);
  // Object.fromEntries forgets which key has which type; the sections above are what it was built from.
  return Object.freeze(config) as unknown as Config;
}

function readSetting(
  one: Setting<unknown>,
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): unknown {
  try {
    return one.parse(env[one.env]);
  } catch (error) {
    if (!(error instanceof SettingProblem)) throw error;
    problems.push(`${one.env} ${error.message} (for example: ${one.env}=${one.example})`);
    return undefined;
  }
}
