import { Injectable } from '@nestjs/common';
import { Graph, type GraphTransaction, type VertexOf } from '#libs/graph';
import type { ProvenIdentity } from '../client/provider-client.js';
import { HasIdentity, OAuthIdentity, ProvidedBy } from '../model/oauth.vertex.js';

export type IdentityVertex = VertexOf<typeof OAuthIdentity>;

/** More than anybody has. */
export const MAX_IDENTITIES = 1000;

@Injectable()
export class IdentitiesRepository {
  constructor(private readonly graph: Graph) {}

  async find(tx: GraphTransaction, providerId: string, subject: string): Promise<IdentityVertex | undefined> {
    return tx.find(OAuthIdentity, { provider_id: providerId, subject });
  }

  async listOf(userId: string, tx?: GraphTransaction): Promise<readonly IdentityVertex[]> {
    const { items } = await (tx ?? this.graph.read).list(OAuthIdentity, {
      where: { user_id: userId },
      order: [['created_at', 'asc']],
      limit: MAX_IDENTITIES,
    });
    return items;
  }

  /** @throws DomainError `already_exists` where the account is linked to somebody */
  async insert(
    tx: GraphTransaction,
    link: { readonly providerId: string; readonly userId: string },
    proven: ProvenIdentity,
    now: Date,
  ): Promise<IdentityVertex> {
    const inserted = await tx.insert(OAuthIdentity, {
      provider_id: link.providerId,
      user_id: link.userId,
      subject: proven.subject,
      ...factsOf(proven, now),
    });
    await tx.connect(HasIdentity, inserted.id, link.userId);
    await tx.connect(ProvidedBy, inserted.id, link.providerId);
    return inserted;
  }

  /** Writes down what the provider says now. */
  async update(tx: GraphTransaction, id: string, proven: ProvenIdentity, now: Date): Promise<void> {
    await tx.patch(OAuthIdentity, id, { set: factsOf(proven, now) });
  }

  async touch(tx: GraphTransaction, id: string, now: Date): Promise<void> {
    await tx.patch(OAuthIdentity, id, { set: { last_signed_in_at: now.toISOString() } });
  }

  async remove(tx: GraphTransaction, ids: readonly string[]): Promise<void> {
    await tx.removeMany(OAuthIdentity, ids);
  }
}

/** Takes every account at a provider from a user who is deleted. */
export async function removeIdentitiesOf(tx: GraphTransaction, userId: string): Promise<void> {
  const { items } = await tx.list(OAuthIdentity, { where: { user_id: userId }, limit: MAX_IDENTITIES });
  await tx.removeMany(
    OAuthIdentity,
    items.map(({ id }) => id),
  );
}

function factsOf({ email, tokens }: ProvenIdentity, now: Date) {
  const { accessToken, refreshToken, expiresInSeconds } = tokens;
  const expiresAt = expiresInSeconds === undefined ? null : new Date(now.getTime() + expiresInSeconds * 1000);
  return {
    email: email ?? null,
    access_token: accessToken ?? null,
    // Some providers give one the first time only.
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    tokens_expire_at: expiresAt?.toISOString() ?? null,
  };
}
