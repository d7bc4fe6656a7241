export const UPLOAD_EXAMPLES = {
  UploadResponseDto: {
    id: 'V1StGXR8_Z5jdHi6B-myT',
    organization_id: 'kY3pQ9_vL2xWcT7rZ-s8D',
    filename: 'logo.png',
    content_type: 'image/png',
    size: 48_213,
    sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    thumbnail_status: 'ready',
    width: 512,
    height: 512,
    uploaded_by: 'Zp8wR1_nB5yKdF3mQ-t6H',
    created_at: '2026-11-23T10:00:00.000Z',
    updated_at: '2026-11-23T10:00:00.000Z',
    version: 3,
  },
};
