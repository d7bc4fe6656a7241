import type { ActorKind } from '#libs/common';
import { analyticsMigration, DEDUPLICATION } from './analytics-migration.js';

export const ENTITY_CHANGES = 'entity_changes';

export type EntityKind = 'vertex' | 'edge';
export type EntityChangeOperation = 'create' | 'update' | 'delete';

/** A row of `entity_changes`: one vertex or edge before and after. Kept for good. Absent texts are empty. */
export interface EntityChangeRow {
  /** The outbox id of the change; readers count a change once by it. */
  change_id: string;
  /** ISO 8601, UTC. */
  time: string;
  organization_id: string;
  entity_kind: EntityKind;
  label: string;
  /** The vertex's id, or whatever names the edge for good. */
  entity_id: string;
  operation: EntityChangeOperation;
  /** The version after the change (before it, for a delete); 0 for edges, which have none. */
  version: number;
  actor_kind: ActorKind;
  actor_id: string;
  actor_name: string;
  request_id: string;
  /** JSON text of all properties; empty for a create. */
  before: string;
  /** JSON text of all properties; empty for a delete. */
  after: string;
  /** The ends of an edge; empty for a vertex. */
  from_label: string;
  from_id: string;
  to_label: string;
  to_id: string;
}

// The order serves the history of one entity. The projection keeps a second copy ordered by time for the change feed:
// times are scattered all over an order by entity, so that no skip index could help.
export const entityChangeMigrations = [
  analyticsMigration('0001_entity_changes', [
    `create table if not exists {database}.entity_changes{on_cluster} (
      change_id String,
      time DateTime64(3, 'UTC') codec(Delta, ZSTD),
      organization_id String,
      entity_kind LowCardinality(String),
      label LowCardinality(String),
      entity_id String,
      operation LowCardinality(String),
      version UInt64,
      actor_kind LowCardinality(String),
      actor_id String,
      actor_name String,
      request_id String,
      before String codec(ZSTD(3)),
      after String codec(ZSTD(3)),
      from_label LowCardinality(String),
      from_id String,
      to_label LowCardinality(String),
      to_id String,
      index by_from from_id type bloom_filter granularity 1,
      index by_to to_id type bloom_filter granularity 1,
      index by_request request_id type bloom_filter granularity 4,
      projection by_time (select * order by organization_id, time, version, change_id)
    )
    engine = {replicated}MergeTree
    partition by toYear(time)
    order by (organization_id, entity_id, time, version, change_id)
    settings ${DEDUPLICATION}`,
  ]),
];
