import { migration } from '#libs/database';

export const uploadMigrations = [
  migration('uploads/0001_uploads', (m) => {
    m.vertex('Upload');
    m.index('Upload', ['organization_id', 'created_at', 'id']);
    m.index('Upload', ['organization_id', 'filename', 'id']);
    m.index('Upload', ['uploaded_by', 'sha256']);
    m.index('Upload', ['s3_key']);
    m.index('Upload', ['status', 'created_at', 'id']);
    m.edge('ATTACHED_TO', { unique: 'none' });
  }),
];
