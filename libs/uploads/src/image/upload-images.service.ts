import { Injectable } from '@nestjs/common';
import { currentAuth } from '#libs/auth';
import type { EntityImages, ImageUse } from '#libs/catalog';
import { invalid, isId } from '#libs/common';
import { type GraphTransaction, ref, type VertexDefinition } from '#libs/graph';
import { AttachedTo, Upload } from '../model/upload.vertex.js';
import { removeUpload, type UploadVertex } from '../model/uploads.repository.js';

/** Icons that are uploads: checks that they may be shown where they are to be, and remembers where they are. */
@Injectable()
export class UploadImages implements EntityImages {
  async use(tx: GraphTransaction, uses: readonly ImageUse[]): Promise<void> {
    const changed = uses.filter(({ before, after }) => before !== after);
    const given = changed.flatMap((use) =>
      use.after !== null && isId(use.after) ? [{ ...use, icon: use.after }] : [],
    );
    const uploads =
      given.length === 0
        ? new Map<string, UploadVertex>()
        : await tx.findMany(
            Upload,
            given.map(({ icon }) => icon),
          );
    for (const { icon, organizationId } of given) {
      if (mayShow(uploads.get(icon), organizationId)) continue;
      const message = 'is neither an address nor the id of an image that was uploaded for this organization';
      throw invalid([{ pointer: '/icon', code: 'unknown_reference', message }]);
    }
    for (const { before, id } of changed) {
      if (before === null || !isId(before)) continue;
      await tx.disconnect(AttachedTo, { from: before, to: id, properties: { as: 'icon' } });
    }
    await tx.connectMany(
      AttachedTo,
      given.map(({ icon, definition, id }) => ({ from: icon, to: ref(definition, id), properties: { as: 'icon' } })),
    );
  }

  async release(tx: GraphTransaction, definition: VertexDefinition, id: string): Promise<void> {
    const attached = await tx.edgesOf(AttachedTo, { to: ref(definition, id) });
    const candidates = [...new Set(attached.map(({ from }) => from))];
    if (candidates.length === 0) return;
    const all = await tx.edgesOf(AttachedTo, { from: candidates });
    const kept = new Set(all.filter(({ to }) => to !== id).map(({ from }) => from));
    for (const candidate of candidates.filter((one) => !kept.has(one))) {
      const upload = await tx.lock(Upload, candidate, { forRemoval: true });
      if (upload) await removeUpload(tx, upload);
    }
  }
}

/** An image of the organization; or one of no organization, which whoever shows it must have uploaded or may see anyway. */
function mayShow(upload: UploadVertex | undefined, organizationId: string): boolean {
  if (upload?.status !== 'ready' || !upload.content_type.startsWith('image/')) return false;
  if (upload.organization_id !== null) return upload.organization_id === organizationId;
  return currentAuth() !== undefined;
}
