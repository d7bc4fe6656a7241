import { sql } from 'kysely';
import { isJsonObject, type JsonObject } from '#libs/common';
import { constant, decodeAgtype, jsonList, propertiesOf, tableOf } from '#libs/graph';
import { BLUEPRINT_EDGES, BLUEPRINT_TYPES, Blueprint } from '../model/blueprint.vertex.js';
import type { StatementRunner } from '../shared/statement-runner.js';
import { type BlueprintRecord, filterOf } from './blueprint-record.js';

/** All blueprints of the installation, and the version that they are at. */
export interface StoredBlueprints {
  readonly version: string;
  /** Undefined where they are at the version that the caller knows. */
  readonly blueprints: readonly BlueprintRecord[] | undefined;
}

/** The version of all blueprints, as one column of a statement that reads something else anyway. */
export const BLUEPRINTS_VERSION = constant(sql`(select s.version::text from imbi_system.blueprints_version s)`);

/** Reads the blueprints and their version as of one moment: one statement, and a row of two bytes where nothing changed. */
export async function readBlueprints(
  statements: StatementRunner,
  known: string | undefined,
): Promise<StoredBlueprints> {
  const [row] = await statements.run(
    sql<{ version: string; blueprints: string | null }>`
      select s.version::text as version, case when s.version::text = ${known ?? ''} then null else (
        select ${jsonList(propertiesOf('b'))} from ${tableOf(Blueprint)} b
      ) end as blueprints
      from imbi_system.blueprints_version s`,
    { fixed: true },
  );
  if (!row) throw new Error('the version of the blueprints is missing');
  return { version: row.version, blueprints: row.blueprints === null ? undefined : toRecords(row.blueprints) };
}

function toRecords(text: string): BlueprintRecord[] {
  const stored = decodeAgtype(text);
  return Array.isArray(stored) ? stored.filter(isJsonObject).map(toBlueprintRecord) : [];
}

export function toBlueprintRecord(stored: JsonObject): BlueprintRecord {
  const { organization_id, json_schema, type, edge } = stored;
  const subject: unknown = type ?? edge;
  if (!isSubject(subject)) throw new Error(`the blueprint ${String(stored['id'])} is about nothing known`);
  return {
    id: String(stored['id']),
    slug: String(stored['slug']),
    organizationId: typeof organization_id === 'string' ? organization_id : null,
    subject,
    enabled: stored['enabled'] === true,
    priority: Number(stored['priority']),
    filter: filterOf(stored['filter']),
    schema: isJsonObject(json_schema) ? json_schema : {},
    version: Number(stored['version']),
  };
}

const SUBJECTS: readonly unknown[] = [...BLUEPRINT_TYPES, ...BLUEPRINT_EDGES];

function isSubject(value: unknown): value is BlueprintRecord['subject'] {
  return SUBJECTS.includes(value);
}
