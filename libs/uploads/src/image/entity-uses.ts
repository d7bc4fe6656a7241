import { Injectable } from '@nestjs/common';
import { Graph, type GraphTransaction, type ReachedVertex } from '#libs/graph';
import { AttachedTo } from '../model/upload.vertex.js';
import { nounOf } from '../upload/attachments.js';
import { uploadInUse } from '../upload/upload-problems.js';

/** The properties in which entities name an upload that they show. */
const FIELDS = ['icon', 'avatar'] as const;
/** More than this many at once are cleared in several rounds. */
const AT_ONCE = 500;

/** What shows an upload. */
@Injectable()
export class EntityUses {
  constructor(private readonly graph: Graph) {}

  /** @throws DomainError `upload_in_use`, with the counts by kind */
  async assertUnused(tx: GraphTransaction, uploadId: string): Promise<void> {
    const counts: Record<string, number> = {};
    for (const { label, vertex } of await usersOf(tx, uploadId)) {
      if (FIELDS.some((field) => vertex[field] === uploadId)) {
        const kind = `${nounOf(label)}s`;
        counts[kind] = (counts[kind] ?? 0) + 1;
      }
    }
    if (Object.keys(counts).length > 0) throw uploadInUse(counts);
  }

  /** Takes the upload away from all that shows it. */
  async clear(tx: GraphTransaction, uploadId: string): Promise<void> {
    for (;;) {
      const users = await usersOf(tx, uploadId);
      for (const user of users) await this.clearOne(tx, uploadId, user);
      if (users.length < AT_ONCE) return;
      await tx.disconnect(AttachedTo, { from: uploadId, to: users.map(({ id }) => id) });
    }
  }

  private async clearOne(tx: GraphTransaction, uploadId: string, { id, label, vertex }: ReachedVertex): Promise<void> {
    const definition = this.graph.model.vertex(label);
    const shown = FIELDS.filter((field) => vertex[field] === uploadId);
    if (!definition || shown.length === 0) return;
    const set = Object.fromEntries(shown.map((field) => [field, null]));
    const result = await tx.patch(definition, id, { set });
    if (!result?.changed) return;
    const { organization_id: organizationId } = vertex;
    tx.emit(`${nounOf(label)}.updated`, {
      id,
      changed: [...shown],
      ...(organizationId === undefined ? {} : { organization_id: organizationId }),
    });
  }
}

async function usersOf(tx: GraphTransaction, uploadId: string): Promise<readonly ReachedVertex[]> {
  const request = { edges: [AttachedTo], from: uploadId, direction: 'out', maxDepth: 1, limit: AT_ONCE } as const;
  return (await tx.traverse(request)).reached;
}
