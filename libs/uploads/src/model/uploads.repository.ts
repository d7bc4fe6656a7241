import { sql } from 'kysely';
import {
  col,
  encode,
  equal,
  type GraphReader,
  type GraphTransaction,
  tableOf,
  textOf,
  type VertexOf,
} from '#libs/graph';
import { AttachedTo, Upload } from './upload.vertex.js';

export type UploadVertex = VertexOf<typeof Upload>;

/** What several parts of this library ask of uploads and change in them. */
export class UploadsRepository {
  constructor(private readonly reader: GraphReader) {}

  async findReady(id: string): Promise<UploadVertex | undefined> {
    const found = await this.reader.find(Upload, id);
    return found?.status === 'ready' ? found : undefined;
  }

  /** An upload of the same bytes by the same owner in the same place. */
  async findTwin({
    uploaded_by,
    sha256,
    organization_id,
    content_type,
  }: UploadVertex): Promise<UploadVertex | undefined> {
    const where = { uploaded_by, sha256, organization_id, content_type, status: 'ready' } as const;
    const { items } = await this.reader.list(Upload, { where, limit: 1 });
    return items[0];
  }

  /** Which of these objects some upload, even a pending one, names. */
  async findNamedKeys(keys: readonly string[]): Promise<ReadonlySet<string>> {
    if (keys.length === 0) return new Set();
    const rows = await this.reader.run<{ key: string }>(sql`
      select distinct ${textOf(col(Upload, 's3_key', 'u'))} as key from ${tableOf(Upload)} u
      where ${sql.join(
        keys.map((key) => equal(col(Upload, 's3_key', 'u'), encode(key))),
        sql` or `,
      )}`);
    return new Set(rows.map(({ key }) => key));
  }

  /** Bytes that somebody has uploaded in all. */
  async sizeOwnedBy(ownerId: string): Promise<number> {
    const [row] = await this.reader.run<{ bytes: string }>(sql`
      select coalesce(sum((${textOf(col(Upload, 'size', 'u'))})::bigint), 0)::text as bytes from ${tableOf(Upload)} u
      where ${equal(col(Upload, 'uploaded_by', 'u'), encode(ownerId))}`);
    return Number(row?.bytes ?? 0);
  }

  /** One transaction at a time for an owner, until its end: quotas and twins are decided on what is there. */
  async waitForTurn(ownerId: string): Promise<void> {
    await this.reader.run(
      sql`select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(${`upload ${ownerId}`}, 0))`,
    );
  }

  /** Ids of the uploads that are attached to an entity. */
  async idsAttachedTo(entityId: string): Promise<string[]> {
    const edges = await this.reader.edgesOf(AttachedTo, { to: entityId });
    return [...new Set(edges.map(({ from }) => from))];
  }
}

/**
 * Removes an upload with its edges. Its object goes after the commit, where no other upload names it; `key` is in the
 * event because an upload's object may be that of a twin.
 */
export async function removeUpload(tx: GraphTransaction, { id, s3_key, organization_id }: UploadVertex): Promise<void> {
  await tx.remove(Upload, id);
  tx.emit('upload.deleted', { id, key: s3_key, ...(organization_id === null ? {} : { organization_id }) });
}
