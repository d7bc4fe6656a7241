import { isJsonObject, type JsonObject, type JsonValue } from '#libs/common';
import type { BlueprintEdge, BlueprintType } from '../model/blueprint.vertex.js';

/** Which entities a blueprint is about: empty lists are all; where both say something, both must hold. */
export interface BlueprintFilter {
  readonly project_type: readonly string[];
  readonly environment: readonly string[];
}

/** What the schema of an entity is made of. */
export interface BlueprintRecord {
  readonly id: string;
  readonly slug: string;
  /** Null for one that is in force in every organization. */
  readonly organizationId: string | null;
  /** A kind of vertex, or the label of an edge. */
  readonly subject: BlueprintType | BlueprintEdge;
  readonly enabled: boolean;
  readonly priority: number;
  readonly filter: BlueprintFilter;
  readonly schema: JsonObject;
  readonly version: number;
}

export function filterOf(stored: JsonValue | undefined): BlueprintFilter {
  const filter = isJsonObject(stored) ? stored : {};
  return { project_type: texts(filter['project_type']), environment: texts(filter['environment']) };
}

function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
