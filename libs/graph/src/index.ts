export { decodeAgtype, decodeMap, encodeAgtype } from './agtype.js';
export { edgeTo, type OutgoingEdge } from './batched-write.js';
export { type CypherQuery, CypherReader, type CypherResult } from './cypher/cypher-reader.js';
export { declareLabel } from './declare-label.js';
export {
  type Definition,
  defineEdge,
  defineVertex,
  type EdgeDefinition,
  type EdgeInsertOf,
  type EdgeOf,
  type EdgePatchOf,
  type EdgeUniqueness,
  type InsertOf,
  type PatchOf,
  type VertexDefinition,
  type VertexOf,
} from './definition.js';
export type { Connection } from './edge-connector.js';
export { type End, ref, type VertexRef } from './edge-end.js';
export type { EdgeSelection } from './edge-reader.js';
export type { EdgeTarget, ReplacedEdges, ReplaceEdgesOptions } from './edge-replacer.js';
export type { EdgePatchRequest, EdgePatchResult } from './edge-writer.js';
export { ensureLabels } from './ensure-labels.js';
export {
  compileFilter,
  type Filter,
  type OpenFilter,
  type Operators,
  type PathFilter,
  pinnedProperties,
} from './filter.js';
export { constant, FixedStatement } from './fixed-statement.js';
export { Graph } from './graph.js';
export { GraphModel } from './graph-model.js';
export { GraphReader } from './graph-reader.js';
export { GraphTransaction } from './graph-transaction.js';
export {
  type Direction,
  type Keyset,
  type KeysetOptions,
  type KeysetPosition,
  keyset,
  type Order,
  type OrderKey,
  type PageStatement,
} from './keyset.js';
export {
  createMemberIndex,
  dropMemberIndex,
  hasMemberIndex,
  type MemberIndex,
  memberIndexName,
  type StoredMemberIndex,
  storedMemberIndexes,
} from './member-indexes.js';
export { PROPERTY_KINDS, type Properties, type Property, type PropertyKind, property } from './property.js';
export { noCipher, type PropertyCipher } from './property-cipher.js';
export { decodeEdge, decodeVertex, REDACTED } from './property-codec.js';
export { type SchemaReport, verifyGraphSchema } from './schema-check.js';
export { BEGUN, MAX_SEARCH_TERMS, type Search, searchOf, searchTerms } from './search.js';
export {
  anyOf,
  col,
  colAt,
  encode,
  encodeList,
  equal,
  graphidText,
  greater,
  greaterOrEqual,
  idOf,
  instantOf,
  jsonList,
  jsonObject,
  less,
  lessOrEqual,
  namedCol,
  out,
  propertiesOf,
  type Sql,
  shown,
  shownMember,
  tableOf,
  textOf,
} from './sql.js';
export type { ReachedVertex, Traversal, TraversalRequest } from './traversal.js';
export type { DerivedValue } from './vertex-deriver.js';
export type { PatchRequest, PatchResult } from './vertex-patcher.js';
export type { Key, ListRequest, Page } from './vertex-reader.js';
export type { RemoveResult } from './vertex-remover.js';
export type { InsertOptions, LockOptions } from './vertex-writer.js';
export type { WriteBatch } from './write-batch.js';
