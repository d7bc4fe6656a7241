import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { currentAuth, recordAudit } from '#libs/auth';
import { BelongsTo } from '#libs/catalog';
import { createLogger, DomainError, errorMessage, newId } from '#libs/common';
import { CONFIG, type Config, ConfigError } from '#libs/config';
import { Graph, ref } from '#libs/graph';
import type { IncomingFile, IncomingForm } from '#libs/http';
import { enqueue } from '#libs/queue';
import { OBJECT_STORAGE, type ObjectStorage } from '#libs/storage';
import { tooLarge } from '../content/content-error.js';
import { FILE_TYPE_NAMES } from '../content/file-types.js';
import { Findings } from '../content/findings.js';
import { inspectContent } from '../content/inspect.js';
import { AttachedTo, objectKey, Upload } from '../model/upload.vertex.js';
import { removeUpload, UploadsRepository, type UploadVertex } from '../model/uploads.repository.js';
import { makeThumbnail } from '../thumbnail/make-thumbnail.job.js';
import { Attachments, type AttachmentTarget } from '../upload/attachments.js';
import type { UploadCreateQueryDto, UploadResponseDto } from '../upload/upload.dto.js';
import { toUploadResponse } from '../upload/upload.mapper.js';
import { infected, quotaExceeded } from '../upload/upload-problems.js';
import { UPLOAD_PROBE, type UploadProbe } from '../upload-probe.js';
import { type DeclaredType, declaredType } from './declared-type.js';
import { cleanFileName } from './file-name.js';
import { UPLOAD_SCANNER, type UploadScanner } from './upload-scanner.js';

const MIB = 1024 * 1024;
/** What a form has around its file. */
const FORM_BYTES = 65_536;
const logger = createLogger('uploads');

/** What came of a file's bytes. */
interface Stored {
  readonly size: number;
  readonly sha256: string;
  readonly storedSize: number;
  readonly findings: Findings;
}

/**
 * Takes files in. A row says that one is coming before any byte of it is stored, and that it is there only after all of
 * them are; whatever ends a process in between leaves a pending row, which the janitor finds.
 */
@Injectable()
export class UploadIntake {
  private readonly allowed: ReadonlySet<string>;

  constructor(
    private readonly graph: Graph,
    private readonly attachments: Attachments,
    @Inject(OBJECT_STORAGE) private readonly storage: ObjectStorage,
    @Inject(CONFIG) private readonly config: Config,
    @Optional() @Inject(UPLOAD_SCANNER) private readonly scanner?: UploadScanner,
    @Optional() @Inject(UPLOAD_PROBE) private readonly probe?: UploadProbe,
  ) {
    const { types } = config.uploads;
    const unknown = types.filter((type) => !FILE_TYPE_NAMES.includes(type));
    if (unknown.length > 0) {
      throw new ConfigError([`IMBI_UPLOAD_TYPES names ${unknown.join(', ')}; known are ${FILE_TYPE_NAMES.join(', ')}`]);
    }
    this.allowed = new Set(types);
  }

  async receive(query: UploadCreateQueryDto, form: IncomingForm): Promise<UploadResponseDto> {
    if ((form.contentLength ?? 0) > this.maxBytes + FORM_BYTES) throw tooLarge(this.maxBytes);
    const target = this.attachments.target(query);
    let draft: UploadVertex | undefined;
    try {
      const stored = await form.readFile(async (file) => {
        const filename = cleanFileName(file.filename);
        const declared = declaredType(file.contentType, filename, this.allowed);
        draft = await this.begin(filename, declared, target);
        await this.probe?.('pending');
        return this.store(draft, declared, file);
      });
      if (!draft) throw new Error('a file was stored that was never begun');
      await this.probe?.('stored');
      await this.scan(draft, stored);
      const upload = await this.finish(draft, stored, target);
      await this.probe?.('ready');
      return toUploadResponse(upload);
    } catch (error) {
      if (draft) await this.abandon(draft);
      throw error;
    }
  }

  private get maxBytes(): number {
    return this.config.uploads.maxSizeMib * MIB;
  }

  private async begin(
    filename: string,
    { name, type }: DeclaredType,
    target: AttachmentTarget | undefined,
  ): Promise<UploadVertex> {
    const { ownerId, organizationId } = caller();
    const id = newId();
    return this.graph.transaction(async (tx) => {
      await this.assertRoom(await new UploadsRepository(tx).sizeOwnedBy(ownerId), 1);
      if (target) await this.attachments.assertMayAttach(tx, target);
      const upload = await tx.insert(Upload, {
        id,
        organization_id: organizationId ?? null,
        filename,
        content_type: name,
        s3_key: objectKey(id),
        status: 'pending',
        thumbnail_status: type.isRaster ? 'pending' : null,
        uploaded_by: ownerId,
      });
      if (organizationId !== undefined) await tx.connect(BelongsTo, ref(Upload, id), organizationId);
      return upload;
    });
  }

  private async store(draft: UploadVertex, { type }: DeclaredType, { content }: IncomingFile): Promise<Stored> {
    const { maxImageSide, maxMegapixels, pendingTtl } = this.config.uploads;
    const findings = new Findings({ maxSide: maxImageSide, maxPixels: maxMegapixels * 1_000_000 });
    const sent = new Measure(this.maxBytes);
    const kept = Readable.from(inspectContent(this.untilReceived(sent.through(content)), type, findings), {
      objectMode: false,
    });
    const { size: storedSize } = await this.storage.put(draft.s3_key, kept, {
      contentType: type.served,
      // Well before the janitor takes it for abandoned.
      signal: AbortSignal.timeout((pendingTtl * 1000) / 2),
    });
    return { size: sent.size, sha256: sent.sha256, storedSize, findings };
  }

  private async *untilReceived(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    yield* content;
    await this.probe?.('received');
  }

  private async scan({ s3_key, filename, content_type }: UploadVertex, { storedSize }: Stored): Promise<void> {
    if (!this.scanner) return;
    const open = async () => (await this.storage.get(s3_key)).body;
    let found: string | undefined;
    try {
      found = await this.scanner.scan({ filename, contentType: content_type, size: storedSize, open });
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'the scanner failed, so an upload was refused');
      throw new DomainError('unavailable', 'unavailable', 'The file cannot be scanned at the moment.', {
        cause: error,
      });
    }
    if (found !== undefined) throw infected(found);
  }

  private async finish(
    draft: UploadVertex,
    { size, sha256, findings }: Stored,
    target: AttachmentTarget | undefined,
  ): Promise<UploadVertex> {
    return this.graph.transaction(async (tx) => {
      const uploads = new UploadsRepository(tx);
      await uploads.waitForTurn(draft.uploaded_by);
      await this.assertRoom(await uploads.sizeOwnedBy(draft.uploaded_by), size);
      const twin = await uploads.findTwin({ ...draft, sha256 });
      // Locked, the twin cannot be removed, and with it the object that both are to share.
      const shared = twin && (await tx.lock(Upload, twin.id));
      const { width = null, height = null } = findings;
      const result = await tx.patch(Upload, draft.id, {
        set: {
          size,
          sha256,
          width,
          height,
          status: 'ready',
          ...(shared ? { s3_key: shared.s3_key, thumbnail_status: shared.thumbnail_status } : {}),
        },
      });
      if (!result) throw new DomainError('conflict', 'conflict', 'The upload took too long and was cleared away.');
      const upload = result.after;
      if (target) await tx.connect(AttachedTo, upload.id, ref(target.definition, target.id), { as: 'attachment' });
      if (upload.thumbnail_status === 'pending') enqueue(tx.transaction, makeThumbnail, { upload_id: upload.id });
      if (shared) tx.emit('upload.object_released', { key: draft.s3_key });
      tx.emit('upload.created', subjectOf(upload));
      recordAudit(tx.transaction, {
        action: 'upload.create',
        outcome: 'success',
        resourceKind: 'Upload',
        resourceId: upload.id,
        detail: { filename: upload.filename, content_type: upload.content_type, size, sha256 },
      });
      return upload;
    });
  }

  /** What a failed upload leaves behind goes at once; what cannot, because the database is away, the janitor finds. */
  private async abandon(draft: UploadVertex): Promise<void> {
    try {
      await this.graph.transaction(async (tx) => {
        const current = await tx.lock(Upload, draft.id, { forRemoval: true });
        if (current?.status === 'pending') await removeUpload(tx, current);
      });
    } catch (error) {
      logger.warn({ upload: draft.id, reason: errorMessage(error) }, 'a failed upload is left to the janitor');
    }
  }

  private async assertRoom(used: number, more: number): Promise<void> {
    const quota = this.config.uploads.quotaMib * MIB;
    if (used + more > quota) throw quotaExceeded(quota, used);
  }
}

/** Counts and hashes a file as it was sent, and ends it where it is too long. */
class Measure {
  size = 0;
  private readonly hash = createHash('sha256');

  constructor(private readonly maxBytes: number) {}

  async *through(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const bytes of content) {
      this.size += bytes.length;
      if (this.size > this.maxBytes) throw tooLarge(this.maxBytes);
      this.hash.update(bytes);
      yield bytes;
    }
  }

  /** Hex; ask once. */
  get sha256(): string {
    return this.hash.digest('hex');
  }
}

function caller(): { ownerId: string; organizationId: string | undefined } {
  const auth = currentAuth();
  if (!auth) throw new Error('uploads are made by somebody who is signed in');
  return { ownerId: auth.principal.id, organizationId: auth.organizationId };
}

function subjectOf({ id, organization_id }: UploadVertex) {
  return { id, ...(organization_id === null ? {} : { organization_id }) };
}
