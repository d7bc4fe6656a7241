import type { UploadVertex } from '../model/uploads.repository.js';
import type { UploadResponseDto } from './upload.dto.js';

export function toUploadResponse(upload: UploadVertex): UploadResponseDto {
  const { id, organization_id, filename, content_type, size, sha256, thumbnail_status, width, height } = upload;
  const { uploaded_by, created_at, updated_at, version } = upload;
  return {
    id,
    organization_id,
    filename,
    content_type,
    size: size ?? 0,
    sha256: sha256 ?? '',
    thumbnail_status,
    width,
    height,
    uploaded_by,
    created_at,
    updated_at,
    version,
  };
}
