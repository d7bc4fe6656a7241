import { clip, LIMITS, type SourcePlace } from './import-plan.js';

/** One document of a `catalog-info.yaml`, its kind in lower case. */
export interface BackstageEntity {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly metadata: Record<string, unknown>;
  readonly spec: Record<string, unknown>;
  readonly profile: Record<string, unknown>;
  readonly place: SourcePlace;
}

const KINDS = new Set(['component', 'api', 'resource', 'system', 'domain', 'group', 'user', 'location', 'template']);
// Backstage's own rule; a template's skeleton, whose name is a placeholder, does not fulfil it.
const NAME = /^[A-Za-z0-9]([A-Za-z0-9\-_.]{0,61}[A-Za-z0-9])?$/;

/** @throws Error that says in words why the document is no entity we know */
export function toEntity(content: unknown, place: SourcePlace): BackstageEntity {
  const { apiVersion, kind, metadata: given, spec: givenSpec } = record(content);
  if (typeof apiVersion !== 'string' || !/^(scaffolder\.)?backstage\.io\//.test(apiVersion)) {
    throw new Error('no Backstage entity (its apiVersion is not backstage.io/…)');
  }
  if (typeof kind !== 'string') throw new Error('the entity has no kind');
  const metadata = record(given);
  const name = text(metadata['name']);
  if (name === undefined) throw new Error(`the ${kind} has no metadata.name`);
  if (!NAME.test(name))
    throw new Error(`the ${kind} has a metadata.name that Backstage does not allow: ${clip(name, 80)}`);
  if (!KINDS.has(kind.toLowerCase())) throw new Error(`the kind ${kind} is not known`);
  const spec = record(givenSpec);
  const namespace = text(metadata['namespace']) ?? 'default';
  return { kind: kind.toLowerCase(), namespace, name, metadata, spec, profile: record(spec['profile']), place };
}

/** `kind:namespace/name` in lower case, as Backstage compares entities. */
export function referenceOf({ kind, namespace, name }: BackstageEntity): string {
  return `${kind}:${namespace}/${name}`.toLowerCase();
}

/** Backstage writes references as `[kind:][namespace/]name`. */
export function resolveReference(written: string, kind: string, from: BackstageEntity): string {
  const match = /^(?:([^:/]+):)?(?:([^:/]+)\/)?([^:/]+)$/.exec(written.trim());
  return `${match?.[1] ?? kind}:${match?.[2] ?? from.namespace}/${match?.[3] ?? written}`.toLowerCase();
}

export function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value));
}

export function array(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function list(value: unknown): string[] {
  return array(value).filter((item): item is string => typeof item === 'string');
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

export function optional(value: unknown): string | undefined {
  const found = text(value);
  return found === undefined ? undefined : clip(found, LIMITS.description);
}
