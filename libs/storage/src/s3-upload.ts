import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

/** The least that S3 takes for a part that is not the last. */
const PART_BYTES = 5 * 1024 * 1024;

/**
 * Sends a body of unknown length: in one piece where it is small, else in parts, all of which pass through one buffer.
 * (`@aws-sdk/lib-storage` gathers, joins and sends in buffers of their own: ten uploads of 50 MiB at once took 150 MiB.)
 * Until the last part has come, and for ever where one fails, the object is what it was before. Returns its entity tag.
 */
export async function uploadInParts(
  client: S3Client,
  object: Pick<PutObjectCommandInput, 'Bucket' | 'Key' | 'ContentType' | 'Metadata'>,
  body: AsyncIterable<Buffer>,
): Promise<string> {
  const parts = partsOf(body);
  const first = await parts.next();
  if (first.done || first.value.isLast) {
    const sent = await client.send(new PutObjectCommand({ ...object, Body: first.value?.bytes ?? Buffer.alloc(0) }));
    return sent.ETag ?? '';
  }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
  const upload = { Bucket: object.Bucket, Key: object.Key, UploadId };
  try {
    const tags: { PartNumber: number; ETag: string | undefined }[] = [];
    for (let part: IteratorResult<Part, undefined> = first; !part.done; part = await parts.next()) {
      const PartNumber = tags.length + 1;
      const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body: part.value.bytes }));
      tags.push({ PartNumber, ETag });
    }
    const done = await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: tags } }));
    return done.ETag ?? '';
  } catch (error) {
    // What it leaves where even this fails, the bucket's lifecycle rules end.
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}

/** Ends uploads that were begun before and never completed: S3 would keep their parts, unseen, for ever. Returns how many. */
export async function abortUploads(
  client: S3Client,
  where: { readonly Bucket: string; readonly Prefix: string },
  before: Date,
): Promise<number> {
  let aborted = 0;
  let from: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (from) {
    const page: ListMultipartUploadsCommandOutput = await client.send(
      new ListMultipartUploadsCommand({ ...where, ...from }),
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (!Initiated || Initiated > before) continue;
      await client.send(new AbortMultipartUploadCommand({ Bucket: where.Bucket, Key, UploadId }));
      aborted += 1;
    }
    const { IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    from = IsTruncated ? { KeyMarker, UploadIdMarker } : undefined;
  }
  return aborted;
}

interface Part {
  /** To be used before the next one is asked for: it is the same memory. */
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

async function* partsOf(body: AsyncIterable<Buffer>): AsyncGenerator<Part, undefined> {
  const buffer = Buffer.allocUnsafeSlow(PART_BYTES);
  let filled = 0;
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) {
      // Only now, because a full buffer with nothing after it is the last part.
      if (filled === PART_BYTES) {
        yield { bytes: buffer, isLast: false };
        filled = 0;
      }
      const copied = chunk.copy(buffer, filled, at);
      filled += copied;
      at += copied;
    }
  }
  yield { bytes: buffer.subarray(0, filled), isLast: true };
}
