import { Injectable } from '@nestjs/common';
import { type AvatarUse, currentAuth, User, type UserImages } from '#libs/auth';
import { invalid, isId } from '#libs/common';
import { type GraphTransaction, ref } from '#libs/graph';
import { AttachedTo, Upload } from '../model/upload.vertex.js';
import { removeUpload, type UploadVertex } from '../model/uploads.repository.js';

const AS_AVATAR = { as: 'avatar' } as const;

/** Avatars that are uploads: checks that they may be shown, and remembers whose they are. */
@Injectable()
export class UserAvatars implements UserImages {
  async use(tx: GraphTransaction, { userId, before, after }: AvatarUse): Promise<void> {
    if (before === after) return;
    if (before !== null && isId(before)) {
      await tx.disconnect(AttachedTo, { from: before, to: ref(User, userId), properties: AS_AVATAR });
    }
    if (after === null || !isId(after)) return;
    if (!mayShow(await tx.find(Upload, after), userId)) {
      const message = 'is neither an address nor the id of an image that this user may show';
      throw invalid([{ pointer: '/avatar', code: 'unknown_reference', message }]);
    }
    await tx.connect(AttachedTo, after, ref(User, userId), AS_AVATAR);
  }

  async release(tx: GraphTransaction, userId: string): Promise<void> {
    const attached = await tx.edgesOf(AttachedTo, { to: ref(User, userId) });
    for (const id of new Set(attached.map(({ from }) => from))) {
      const uses = await tx.edgesOf(AttachedTo, { from: id });
      if (uses.some(({ to }) => to !== userId)) continue;
      const upload = await tx.lock(Upload, id, { forRemoval: true });
      // What belongs to an organization was not made for the user alone.
      if (upload && upload.organization_id === null && upload.uploaded_by === userId) await removeUpload(tx, upload);
    }
  }
}

/** An image for everybody, or one that the user or whoever sets it has uploaded. */
function mayShow(upload: UploadVertex | undefined, userId: string): boolean {
  if (upload?.status !== 'ready' || !upload.content_type.startsWith('image/')) return false;
  const { organization_id, uploaded_by } = upload;
  return organization_id === null || uploaded_by === userId || uploaded_by === currentAuth()?.principal.id;
}
