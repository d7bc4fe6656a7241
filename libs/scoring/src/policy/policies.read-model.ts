import { sql } from 'kysely';
import { Organization, ProjectType } from '#libs/catalog';
import { isJsonObject, type JsonValue } from '#libs/common';
import {
  anyOf,
  col,
  compileFilter,
  decodeAgtype,
  decodeMap,
  decodeVertex,
  encode,
  encodeList,
  equal,
  type Filter,
  idOf,
  jsonList,
  jsonObject,
  type KeysetPosition,
  keyset,
  type Order,
  propertiesOf,
  type Sql,
  tableOf,
  type VertexOf,
} from '#libs/graph';
import { ScoringPolicy, Targets } from '../model/scoring-policy.vertex.js';
import type { StatementRunner } from '../shared/statement-runner.js';

export interface PolicyTarget {
  readonly id: string;
  readonly slug: string;
  /** The slug of the organization that the type belongs to. */
  readonly organization: string;
}

export interface PolicyRow {
  readonly policy: VertexOf<typeof ScoringPolicy>;
  /** By organization and slug. */
  readonly targets: readonly PolicyTarget[];
}

export interface PolicyPageRequest {
  readonly where: Filter<typeof ScoringPolicy>;
  readonly order: Order<typeof ScoringPolicy>;
  readonly after?: KeysetPosition;
  readonly limit: number;
}

interface RawPolicy {
  readonly properties: string;
  readonly targets: string;
}

/** Policies with the types that they are for, in one statement however many there are. */
export class PoliciesReadModel {
  constructor(private readonly statements: StatementRunner) {}

  async find(scope: string, slug: string): Promise<PolicyRow | undefined> {
    const where = sql`${inScope(scope)} and ${equal(col(ScoringPolicy, 'slug', 'p'), encode(slug))}`;
    return (await this.select(plain(where), { fixed: true }))[0];
  }

  async page(scope: string, request: PolicyPageRequest): Promise<PolicyRow[]> {
    const order = keyset(ScoringPolicy, request.order, 'p', { pinned: ['scope'] });
    const page = order.page({
      from: sql`${tableOf(ScoringPolicy)} p`,
      columns: sql`p.id, p.properties`,
      where: sql`${inScope(scope)} and ${compileFilter(ScoringPolicy, request.where, 'p')}`,
      after: request.after,
      limit: request.limit,
    });
    return this.select(page);
  }

  /** Every policy of the scopes, enabled or not, in the order in which they are shown. */
  async ofScopes(scopes: readonly string[]): Promise<PolicyRow[]> {
    const where = anyOf(col(ScoringPolicy, 'scope', 'p'), encodeList(scopes));
    const rows = await this.select(plain(where), { fixed: true });
    return rows.sort(({ policy: left }, { policy: right }) => left.priority - right.priority || bySlug(left, right));
  }

  /** Ids of the enabled policies that are for certain types, of which none is left. */
  async untargeted(): Promise<string[]> {
    const rows = await this.statements.run<{ id: string }>(sql`
      select (${idOf('p')})::text as id from ${tableOf(ScoringPolicy)} p
      where ${equal(col(ScoringPolicy, 'targeted', 'p'), encode(true))}
        and ${equal(col(ScoringPolicy, 'enabled', 'p'), encode(true))}
        and not exists (select from ${tableOf(Targets)} e where ${equal(sql.ref('e.start_id'), sql.ref('p.id'))})`);
    return rows.map(({ id }) => id);
  }

  private async select(policies: Sql, options?: { fixed?: boolean }): Promise<PolicyRow[]> {
    const target = jsonObject({
      id: idOf('t'),
      slug: col(ProjectType, 'slug', 't'),
      organization: col(Organization, 'slug', 'o'),
    });
    const rows = await this.statements.run<RawPolicy>(
      sql<RawPolicy>`
        with page as materialized (select p.id, p.properties, row_number() over () as position from (${policies}) p)
        select ${propertiesOf('page')} as properties, (
          select ${jsonList(target)} from ${tableOf(Targets)} e
          join ${tableOf(ProjectType)} t on ${equal(sql.ref('t.id'), sql.ref('e.end_id'))}
          join ${tableOf(Organization)} o on ${equal(idOf('o'), col(ProjectType, 'organization_id', 't'))}
          where ${equal(sql.ref('e.start_id'), sql.ref('page.id'))}
        ) as targets
        from page order by page.position`,
      options,
    );
    return rows.map(({ properties, targets }) => ({
      policy: decodeVertex(ScoringPolicy, decodeMap(properties)),
      targets: toTargets(decodeAgtype(targets)),
    }));
  }
}

function plain(where: Sql): Sql {
  return sql`select p.id, p.properties from ${tableOf(ScoringPolicy)} p where ${where}`;
}

function inScope(scope: string): Sql {
  return equal(col(ScoringPolicy, 'scope', 'p'), encode(scope));
}

function toTargets(value: JsonValue): PolicyTarget[] {
  const targets = (Array.isArray(value) ? value : []).filter(isJsonObject).map((one) => ({
    id: String(one['id']),
    slug: String(one['slug']),
    organization: String(one['organization']),
  }));
  return sortTargets(targets);
}

export function sortTargets(targets: PolicyTarget[]): PolicyTarget[] {
  return targets.sort(
    (left, right) => compare(left.organization, right.organization) || compare(left.slug, right.slug),
  );
}

function bySlug(left: { slug: string; scope: string }, right: { slug: string; scope: string }): number {
  return compare(left.slug, right.slug) || compare(left.scope, right.scope);
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
