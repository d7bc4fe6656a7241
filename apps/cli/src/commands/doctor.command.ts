import path from 'node:path';
import { CONFIG_SECTIONS, type Config, ConfigError, loadConfig } from '#libs/config';
import { checkAnalytics, checkDatabase, checkJobs, checkMail, checkStorage } from '../doctor/engine-checks.js';
import { type Finding, fail, findingLine, ok } from '../doctor/finding.js';
import { checkDirectory, checkKeys, checkNode, checkPorts } from '../doctor/local-checks.js';
import { secretsOf } from '../doctor/secrets.js';
import { checkServer } from '../doctor/server-check.js';
import { findRunningServer } from '../start/server-file.js';

/** Looks at everything that Imbi needs, one line each; exit code 1 where something must be mended. */
export async function doctor(): Promise<void> {
  const config = readConfig();
  if (!config) return;
  const secrets = secretsOf(config);
  const tell = (findings: readonly Finding[]) => {
    for (const finding of findings) {
      process.stdout.write(`${findingLine(finding, secrets)}\n`);
      if (finding.severity === 'FAIL') process.exitCode = 1;
    }
  };
  tell([checkNode(), ok('configuration', describe(config)), ...checkDirectory(config), checkKeys(config)]);
  const running = await findRunningServer(config.data.directory);
  if (running) {
    // The embedded engines are its own now, and it tells of them.
    tell(await checkServer(running));
    if (config.database.url !== undefined) tell(await checkDatabase(config));
    if (config.queue.redisUrl !== undefined) tell(await checkJobs(config));
  } else {
    tell(await checkPorts(config));
    tell(await checkDatabase(config));
    tell(await checkJobs(config));
    tell(await checkAnalytics(config));
  }
  tell(await checkStorage(config));
  tell(await checkMail(config));
}

function readConfig(): Config | undefined {
  try {
    const config = loadConfig();
    return { ...config, data: { directory: path.resolve(config.data.directory) } };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) {
      process.stdout.write(`${findingLine(fail('configuration', problem, 'correct or unset it'), [])}\n`);
    }
    process.exitCode = 1;
    return undefined;
  }
}

function describe(config: Config): string {
  const defaults = loadConfig({});
  const changed = CONFIG_SECTIONS.flatMap((section) => {
    const plain: Readonly<Record<string, unknown>> = defaults[section.name];
    const settings: Readonly<Record<string, { readonly env: string }>> = section.settings;
    return Object.entries<unknown>(config[section.name])
      .filter(([key, value]) => section.name !== 'data' && JSON.stringify(value) !== JSON.stringify(plain[key]))
      .map(([key]) => settings[key]?.env ?? key);
  });
  return changed.length === 0 ? 'valid, all defaults' : `valid; set: ${changed.join(', ')}`;
}
