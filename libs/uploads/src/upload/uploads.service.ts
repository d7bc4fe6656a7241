import { Inject, Injectable, Optional } from '@nestjs/common';
import { currentAuth, recordAudit } from '#libs/auth';
import { DomainError, isId, notFound } from '#libs/common';
import { Graph, type GraphTransaction } from '#libs/graph';
import {
  assertExpected,
  type Expectation,
  type ListDefinition,
  type Page,
  Pages,
  toCursorPosition,
  toGraphFilter,
  toGraphOrder,
  toKeysetPosition,
} from '#libs/http';
import { EntityUses } from '../image/entity-uses.js';
import { Upload } from '../model/upload.vertex.js';
import { removeUpload, UploadsRepository, type UploadVertex } from '../model/uploads.repository.js';
import { UPLOAD_PROBE, type UploadProbe } from '../upload-probe.js';
import type { UploadListQueryDto, UploadResponseDto } from './upload.dto.js';
import { toUploadResponse } from './upload.mapper.js';
import { UploadLinks } from './upload-links.js';
import { thumbnailNotReady } from './upload-problems.js';

export const UPLOAD_LIST: ListDefinition = {
  sortable: ['created_at', 'filename', 'size'],
  defaultSort: '-created_at',
  filterable: {
    filename: { type: 'text' },
    content_type: { type: 'text' },
    size: { type: 'integer' },
    sha256: { type: 'text' },
    uploaded_by: { type: 'text' },
    thumbnail_status: { type: 'text', values: ['pending', 'ready', 'failed'] },
    created_at: { type: 'datetime' },
  },
};

/** Uploads that are there. Those of an organization that is not the caller's are not found. */
@Injectable()
export class UploadsService {
  private readonly uploads: UploadsRepository;

  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly links: UploadLinks,
    private readonly uses: EntityUses,
    @Optional() @Inject(UPLOAD_PROBE) private readonly probe?: UploadProbe,
  ) {
    this.uploads = new UploadsRepository(graph.read);
  }

  async list(query: UploadListQueryDto): Promise<Page<UploadResponseDto>> {
    const organizationId = currentAuth()?.organizationId ?? null;
    const { attached_to: entityId } = query;
    const request = this.pages.read(`uploads of ${organizationId} ${entityId ?? ''}`, query, UPLOAD_LIST);
    const attached = entityId === undefined ? {} : { id: { in: await this.uploads.idsAttachedTo(entityId) } };
    const within = { organization_id: organizationId, status: 'ready' } as const;
    const where = { and: [within, attached, toGraphFilter(request.filters)] };
    const { items } = await this.graph.read.list(Upload, {
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const total = request.count ? await this.graph.read.count(Upload, where) : undefined;
    return this.pages.answer(request, items, {
      item: toUploadResponse,
      position: (upload) => toCursorPosition(request.sort, upload),
      total,
    });
  }

  async get(id: string): Promise<UploadResponseDto> {
    return toUploadResponse(await this.findOrFail(id));
  }

  /** An address under which the file can be had for a while. */
  async linkToFile(id: string, isSaved: boolean): Promise<string> {
    return this.links.toFile(await this.findOrFail(id), isSaved);
  }

  /** @throws DomainError `not_found`, `thumbnail_not_ready` */
  async linkToThumbnail(id: string): Promise<string> {
    const upload = await this.findOrFail(id);
    if (upload.thumbnail_status === 'pending') throw thumbnailNotReady();
    if (upload.thumbnail_status !== 'ready') throw notFound(`A thumbnail of the upload "${id}"`);
    return this.links.toThumbnail(upload);
  }

  /** @throws DomainError `not_found`, `version_mismatch`, `upload_in_use` unless `isForced` */
  async remove(id: string, expected: Expectation, isForced: boolean): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const upload = await this.lock(tx, id);
      assertMayDelete(upload);
      assertExpected('upload', expected, upload.version);
      if (isForced) await this.uses.clear(tx, id);
      else await this.uses.assertUnused(tx, id);
      await removeUpload(tx, upload);
      recordAudit(tx.transaction, {
        action: 'upload.delete',
        outcome: 'success',
        resourceKind: 'Upload',
        resourceId: id,
        detail: { filename: upload.filename, forced: isForced },
      });
    });
    await this.probe?.('removed');
  }

  private async lock(tx: GraphTransaction, id: string): Promise<UploadVertex> {
    const found = isId(id) ? await tx.lock(Upload, id, { forRemoval: true }) : undefined;
    return visible(found, id);
  }

  private async findOrFail(id: string): Promise<UploadVertex> {
    return visible(isId(id) ? await this.uploads.findReady(id) : undefined, id);
  }
}

// The guard let those through whose permission holds in the organization of the upload, and left the rest to us: what
// belongs to none, what is not there, and what belongs to one that is being deleted.
function visible(found: UploadVertex | undefined, id: string): UploadVertex {
  if (found?.status !== 'ready') throw notFound(`The upload "${id}"`);
  const isHere = found.organization_id === null || found.organization_id === currentAuth()?.organizationId;
  if (!isHere) throw notFound(`The upload "${id}"`);
  return found;
}

/** What belongs to no organization is deleted by its owner, or by who may delete everywhere. */
function assertMayDelete({ organization_id, uploaded_by }: UploadVertex): void {
  const auth = currentAuth();
  if (organization_id !== null || auth?.can('upload:delete') || auth?.principal.id === uploaded_by) return;
  const details = { permission: 'upload:delete' };
  throw new DomainError('forbidden', 'forbidden', 'This needs the permission upload:delete.', { details });
}
