import { Injectable } from '@nestjs/common';
import { User } from '#libs/auth';
import { Graph } from '#libs/graph';
import { OnEvent } from '#libs/queue';

const PAGE = 100;

/**
 * An organization goes with its uploads, and whoever shows one of them lives on: they show nothing then. (An upload that
 * is deleted by itself is taken from its users in the same transaction.)
 */
@Injectable()
export class AvatarRemoval {
  constructor(private readonly graph: Graph) {}

  @OnEvent('upload.deleted', { bulk: true })
  async uploadDeleted({ id }: { id: string }): Promise<void> {
    for (;;) {
      const count = await this.graph.transaction(async (tx) => {
        const { items } = await tx.list(User, { where: { avatar: id }, limit: PAGE });
        for (const user of items) {
          const current = await tx.lock(User, user.id);
          if (current?.avatar === id) await tx.patch(User, user.id, { set: { avatar: null } });
        }
        return items.length;
      });
      if (count < PAGE) return;
    }
  }
}
