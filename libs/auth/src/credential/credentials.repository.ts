import type { GraphTransaction } from '#libs/graph';
import { ApiKey, ClientCredential } from '../model/credential.vertex.js';

const PAGE = 500;

/** Removes every key and client of a user or service account, and with them what they let in. */
export async function removeCredentialsOf(
  tx: GraphTransaction,
  ownerId: string,
): Promise<{ readonly api_keys: number; readonly clients: number }> {
  const [api_keys, clients] = [
    await removeOwned(tx, ApiKey, ownerId),
    await removeOwned(tx, ClientCredential, ownerId),
  ];
  return { api_keys, clients };
}

async function removeOwned(
  tx: GraphTransaction,
  label: typeof ApiKey | typeof ClientCredential,
  ownerId: string,
): Promise<number> {
  for (let removed = 0; ; ) {
    const { items } = await tx.list(label, { where: { owner_id: ownerId }, limit: PAGE });
    if (items.length === 0) return removed;
    await tx.removeMany(
      label,
      items.map(({ id }) => id),
    );
    removed += items.length;
  }
}
