import { readFileSync } from 'node:fs';
import { errorMessage, isSlug } from '#libs/common';
import { connect } from '../client/connect.js';
import { parseBackstage } from '../import/backstage.parser.js';
import { readBackstageFiles } from '../import/backstage-files.js';
import type { ImportPlan } from '../import/import-plan.js';
import { ImportProgress } from '../import/import-progress.js';
import { importReport } from '../import/import-report.js';
import { runImport } from '../import/import-run.js';
import { LANDSCAPE_ORGANIZATION, parseLandscape } from '../import/landscape.parser.js';
import { UsageError } from '../report-failure.js';

export interface ImportCommandOptions {
  readonly organization: string;
  readonly name?: string;
  readonly dryRun?: boolean;
}

/** Loads a CNCF landscape file. */
export async function importLandscape(file: string, options: ImportCommandOptions): Promise<void> {
  const started = performance.now();
  await load(parseLandscape(readText(file), file, organizationOf(options)), options, started);
}

/** Loads Backstage `catalog-info.yaml` files, and folders of them. */
export async function importBackstage(paths: string[], options: ImportCommandOptions): Promise<void> {
  const started = performance.now();
  const { files, problems } = readBackstageFiles(paths);
  const plan = parseBackstage(files, organizationOf(options));
  plan.problems.unshift(...problems);
  await load(plan, options, started);
}

async function load(plan: ImportPlan, { dryRun = false }: ImportCommandOptions, started: number): Promise<void> {
  if (plan.projects.length + plan.teams.length === 0) {
    const reasons = plan.problems.map(({ file, line, reason }) => `  ${file}:${line}: ${reason}`);
    throw new UsageError(['There is nothing to import.', ...reasons].join('\n'));
  }
  const { client, url } = await connect();
  process.stdout.write(`${dryRun ? 'Comparing with' : 'Importing into'} ${plan.organization.slug} at ${url}\n`);
  const tally = await runImport(plan, { client, progress: new ImportProgress(), dryRun });
  process.stdout.write(importReport({ plan, tally, dryRun, seconds: (performance.now() - started) / 1000 }));
  if (tally.failures.length > 0) process.exitCode = 1;
}

/** An organization that is made has a name only where somebody says one. */
function organizationOf({ organization: slug, name }: ImportCommandOptions): { slug: string; name: string } {
  if (!isSlug(slug)) throw new UsageError(`"${slug}" is no slug: 1 to 64 of a-z, 0-9 and -, not starting with -.`);
  return { slug, name: name ?? (slug === LANDSCAPE_ORGANIZATION.slug ? LANDSCAPE_ORGANIZATION.name : slug) };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${errorMessage(error)}`);
  }
}
