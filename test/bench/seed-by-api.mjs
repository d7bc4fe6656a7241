import { PROJECTS } from './api-client.mjs';
import { ORGANIZATION } from './seed.mjs';

const ENVIRONMENTS = ['development', 'testing', 'staging', 'production'];
const TEAMS = 50;
const TYPES = 30;

/**
 * A catalogue made over HTTP, where the database cannot be reached from outside. `projects` is at most 1,000.
 * @returns how long the one call that creates the projects took, in milliseconds
 */
export async function createCatalogue(client, projects) {
  const place = `/api/organizations/${ORGANIZATION}`;
  await client.send('POST', '/api/organizations', { slug: ORGANIZATION, name: 'Bench' });
  const make = (collection, slug) => client.send('POST', `${place}/${collection}`, { slug, name: slug });
  for (let team = 0; team < TEAMS; team += 1) await make('teams', `team-${team}`);
  for (let type = 0; type < TYPES; type += 1) await make('project-types', `type-${type}`);
  for (const environment of ENVIRONMENTS) await make('environments', environment);
  const items = Array.from({ length: projects }, (_, index) => describeProject(index));
  const started = performance.now();
  const answer = JSON.parse(await client.send('POST', `${PROJECTS}/batch`, { items }));
  const took = performance.now() - started;
  const failed = answer.items.filter(({ status }) => status !== 'created');
  if (failed.length > 0) throw new Error(`${failed.length} of the batch failed: ${JSON.stringify(failed[0])}`);
  return took;
}

function describeProject(number) {
  const slug = `project-${String(number).padStart(6, '0')}`;
  return {
    slug,
    name: `Project ${number}`,
    description: 'Serves everybody who asks, keeps what it is told and forgets the rest.',
    team: `team-${number % TEAMS}`,
    project_types: [`type-${number % TYPES}`, `type-${(number + 7) % TYPES}`],
    environments: Object.fromEntries(ENVIRONMENTS.slice(number % 3).map((environment) => [environment, {}])),
    identifiers: { jira: `BENCH-${number}` },
  };
}
