import { sql } from 'kysely';
import type { JsonObject } from '#libs/common';
import { decodeMap } from './agtype.js';
import type { EdgeDefinition, VertexDefinition } from './definition.js';
import { definitionOfEnd, type End, endTable, idOfEnd } from './edge-end.js';
import { decodeVertex } from './property-codec.js';
import type { Session } from './session.js';
import { anyOf, encode, equal, graphidText, idOf, propertiesOf, type Sql, tableOf } from './sql.js';
import { cyclicMembers } from './strong-components.js';

export const MAX_DEPTH = 100;
export const MAX_REACHED = 10_000;

export interface TraversalRequest {
  readonly edges: readonly EdgeDefinition[];
  readonly from: End;
  /** Along the edges, against them, or either way. */
  readonly direction: 'out' | 'in' | 'both';
  /** Steps, 1 to 100. */
  readonly maxDepth: number;
  /** Vertices at most (default 1000, at most 10,000); the nearest ones are kept. */
  readonly limit?: number;
  /** Also tells which of the reached vertices lie on a cycle; costs reading the edges among them. */
  readonly markCycles?: boolean;
}

export interface ReachedVertex {
  readonly id: string;
  readonly label: string;
  /** Steps of the shortest way. */
  readonly depth: number;
  /** The vertex before it on one shortest way, and the edge label between them. */
  readonly via: { readonly id: string; readonly edge: string };
  /** As a read returns it (`VertexOf` its label's definition). */
  readonly vertex: JsonObject;
  /** Only with `markCycles`: whether it can reach itself through vertices of the answer. */
  readonly cyclic?: boolean;
}

export interface Traversal {
  /** Nearest first, then by id; without the start. */
  readonly reached: readonly ReachedVertex[];
  /** Whether vertices were left out by `limit`. */
  readonly truncated: boolean;
  /** Only with `markCycles`: whether the start can reach itself. */
  readonly cyclic?: boolean;
}

export async function traverse(session: Session, request: TraversalRequest): Promise<Traversal> {
  throw new Error(`not yet ${request.maxDepth}`);
}
