import { slugify } from '#libs/common';
import { type BackstageEntity, referenceOf } from './backstage.entity.js';

const KIND_ORDER = ['component', 'api', 'resource', 'system', 'domain'];

/**
 * Slugs for entities of all kinds and namespaces. Where several share a name, the component of the default namespace
 * has it plain and the others carry their kind, namespace or both: whatever order the files come in.
 */
export class BackstageSlugs {
  private readonly byReference = new Map<string, string>();

  constructor(entities: readonly BackstageEntity[]) {
    const taken = new Set<string>();
    for (const entity of [...entities].sort(byClaim)) {
      const { kind, namespace, name } = entity;
      const candidates = [name, `${name}-${kind}`, `${name}-${namespace}`, `${name}-${namespace}-${kind}`].map((one) =>
        slugify(one),
      );
      const slug = candidates.find((one) => !taken.has(one)) ?? numbered(candidates[0] ?? name, taken);
      taken.add(slug);
      this.byReference.set(referenceOf(entity), slug);
    }
  }

  of(entity: BackstageEntity): string {
    const slug = this.find(referenceOf(entity));
    if (slug === undefined) throw new Error(`${referenceOf(entity)} has no slug`);
    return slug;
  }

  find(reference: string): string | undefined {
    return this.byReference.get(reference);
  }
}

function byClaim(left: BackstageEntity, right: BackstageEntity): number {
  return (
    KIND_ORDER.indexOf(left.kind) - KIND_ORDER.indexOf(right.kind) ||
    Number(left.namespace !== 'default') - Number(right.namespace !== 'default') ||
    (referenceOf(left) < referenceOf(right) ? -1 : 1)
  );
}

function numbered(slug: string, taken: ReadonlySet<string>): string {
  for (let number = 2; ; number += 1) {
    const candidate = `${slug.slice(0, 58)}-${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}
