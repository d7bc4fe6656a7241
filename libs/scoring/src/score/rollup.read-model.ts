import { sql } from 'kysely';
import { HasType, Organization, OwnedBy, Project, ProjectType, Team } from '#libs/catalog';
import { col, encode, equal, idOf, namedCol, type Sql, tableOf, textOf } from '#libs/graph';
import type { StatementRunner } from '../shared/statement-runner.js';
import type { DistributionBucketDto, RollupItemDto, RollupKey } from './rollup.dto.js';

export interface RollupRequest {
  readonly by: RollupKey;
  /** Undefined for all organizations. */
  readonly organizationId: string | undefined;
  /** Organization and slug of the last item of the page before. */
  readonly after: { readonly organization: string; readonly slug: string } | undefined;
  readonly limit: number;
}

interface RawRollup {
  readonly organization: string;
  readonly slug: string;
  readonly name: string;
  readonly projects: string;
  readonly scored: string;
  readonly average: string | null;
  readonly minimum: string | null;
  readonly maximum: string | null;
}

export interface DistributionRequest {
  readonly organizationId: string | undefined;
  readonly team: string | undefined;
  readonly projectType: string | undefined;
  readonly buckets: number;
}

export interface Distribution {
  readonly projects: number;
  readonly scored: number;
  readonly average: number | null;
  readonly median: number | null;
  readonly buckets: readonly DistributionBucketDto[];
}

interface RawDistribution {
  readonly projects: string;
  readonly scored: string;
  readonly average: string | null;
  readonly median: string | null;
  readonly counts: Readonly<Record<string, number>> | null;
}

const SCORE = sql`(${textOf(col(Project, 'score', 'p'))})::numeric`;
const IN_USE = sql`${col(Project, 'archived_at', 'p')} is null`;

/** Scores of many projects together, from the graph: what is archived or deleted is not in it. */
export class RollupReadModel {
  constructor(private readonly statements: StatementRunner) {}

  async page({ by, organizationId, after, limit }: RollupRequest): Promise<RollupItemDto[]> {
    const rows = await this.statements.run<RawRollup>(sql`
      select ${textOf(col(Organization, 'slug', 'o'))} as organization, ${slugOf(by)} as slug, ${nameOf(by)} as name,
        count(p.id)::text as projects, count(${SCORE})::text as scored, round(avg(${SCORE}), 4)::text as average,
        min(${SCORE})::text as minimum, max(${SCORE})::text as maximum
      from ${sourceOf(by)}
      where ${within(organizationId)} and ${afterOf(by, after)}
      group by o.id, ${by === 'organization' ? sql`1` : sql`t.id`}, 1, 2, 3
      order by 1, 2 limit ${limit}::int`);
    return rows.map(({ organization, slug, name, projects, scored, average, minimum, maximum }) => ({
      organization,
      slug,
      name,
      projects: Number(projects),
      scored: Number(scored),
      average: numberOrNull(average),
      minimum: numberOrNull(minimum),
      maximum: numberOrNull(maximum),
    }));
  }

  async distribution({ organizationId, team, projectType, buckets }: DistributionRequest): Promise<Distribution> {
    const rows = await this.statements.run<RawDistribution>(sql`
      with scores as (
        select ${SCORE} as score from ${tableOf(Project)} p
        where ${IN_USE} and ${organizationId === undefined ? sql`true` : inOrganization(organizationId)}
          and ${joinedTo(OwnedBy, Team, team)} and ${joinedTo(HasType, ProjectType, projectType)}
      ), counted as (
        select least(floor(score * ${buckets}::int / 100), ${buckets}::int - 1)::int as bucket, count(*) as projects
        from scores where score is not null group by 1
      )
      select count(*)::text as projects, count(score)::text as scored, round(avg(score), 4)::text as average,
        (percentile_disc(0.5) within group (order by score))::text as median,
        (select jsonb_object_agg(bucket::text, projects) from counted) as counts
      from scores`);
    const [row] = rows;
    return {
      projects: Number(row?.projects ?? 0),
      scored: Number(row?.scored ?? 0),
      average: numberOrNull(row?.average ?? null),
      median: numberOrNull(row?.median ?? null),
      buckets: emptyBuckets(buckets).map((bucket, index) => ({ ...bucket, projects: row?.counts?.[index] ?? 0 })),
    };
  }
}

export function emptyBuckets(count: number): DistributionBucketDto[] {
  return Array.from({ length: count }, (_, index) => ({
    low: round((100 * index) / count),
    high: round((100 * (index + 1)) / count),
    projects: 0,
  }));
}

/** Which of `count` buckets a score is in. */
export function bucketOf(score: number, count: number): number {
  return Math.min(Math.floor((score * count) / 100), count - 1);
}

function sourceOf(by: RollupKey): Sql {
  const organization = sql`${tableOf(Organization)} o`;
  if (by === 'organization') {
    return sql`${organization} left join ${tableOf(Project)} p
      on ${equal(col(Project, 'organization_id', 'p'), idOf('o'))} and ${IN_USE}`;
  }
  const { edge, end } = by === 'team' ? { edge: OwnedBy, end: Team } : { edge: HasType, end: ProjectType };
  return sql`${tableOf(end)} t
    join ${organization} on ${equal(idOf('o'), namedCol(end, 'organization_id', 't'))}
    left join (${tableOf(edge)} e join ${tableOf(Project)} p on ${equal(sql.ref('p.id'), sql.ref('e.start_id'))} and ${IN_USE})
      on ${equal(sql.ref('e.end_id'), sql.ref('t.id'))}`;
}

function slugOf(by: RollupKey): Sql {
  return by === 'organization' ? textOf(col(Organization, 'slug', 'o')) : textOf(col(Team, 'slug', 't'));
}

function nameOf(by: RollupKey): Sql {
  return by === 'organization' ? textOf(col(Organization, 'name', 'o')) : textOf(col(Team, 'name', 't'));
}

// An organization that is being deleted is not found, here neither.
function within(organizationId: string | undefined): Sql {
  const there = sql`${col(Organization, 'deletion_id', 'o')} is null`;
  return organizationId === undefined ? there : sql`${there} and ${equal(idOf('o'), encode(organizationId))}`;
}

function afterOf(by: RollupKey, after: RollupRequest['after']): Sql {
  if (!after) return sql`true`;
  return sql`(${textOf(col(Organization, 'slug', 'o'))}, ${slugOf(by)}) > (${after.organization}, ${after.slug})`;
}

function inOrganization(organizationId: string): Sql {
  return equal(col(Project, 'organization_id', 'p'), encode(organizationId));
}

function joinedTo(edge: typeof OwnedBy | typeof HasType, end: typeof Team | typeof ProjectType, slug?: string): Sql {
  if (slug === undefined) return sql`true`;
  return sql`exists (
    select from ${tableOf(edge)} e join ${tableOf(end)} t on ${equal(sql.ref('t.id'), sql.ref('e.end_id'))}
    where ${equal(sql.ref('e.start_id'), sql.ref('p.id'))} and ${equal(namedCol(end, 'slug', 't'), encode(slug))})`;
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

function numberOrNull(text: string | null): number | null {
  return text === null ? null : Number(text);
}
