import { Inject, Injectable, Optional } from '@nestjs/common';
import { Graph } from '#libs/graph';
import { recordAudit } from '../audit/audit.js';
import { unauthenticated } from '../auth-problems.js';
import { User } from '../model/identity.vertex.js';
import { currentAuth } from '../principal/auth-context.js';
import type { OwnAvatarDto } from './user.dto.js';
import { NO_USER_IMAGES, USER_IMAGES, type UserImages } from './user-images.js';

/** The image that callers show of themselves. */
@Injectable()
export class OwnAvatar {
  constructor(
    private readonly graph: Graph,
    @Optional() @Inject(USER_IMAGES) private readonly images: UserImages = NO_USER_IMAGES,
  ) {}

  /** @throws DomainError `validation_failed` where it is an id that names no image the caller may show */
  async set({ avatar }: OwnAvatarDto): Promise<void> {
    const auth = currentAuth();
    if (!auth) throw unauthenticated();
    const { id } = auth.user;
    await this.graph.transaction(async (tx) => {
      const user = await tx.lock(User, id);
      if (!user) throw unauthenticated();
      const result = await tx.patch(User, id, { set: { avatar } });
      if (!result?.changed) return;
      await this.images.use(tx, { userId: id, before: user.avatar, after: avatar });
      const detail = { changed: ['avatar'] };
      recordAudit(tx.transaction, {
        action: 'user.update',
        outcome: 'success',
        resourceKind: 'User',
        resourceId: id,
        detail,
      });
    });
  }
}
