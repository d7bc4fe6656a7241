export { UploadJanitor } from './cleanup/upload-janitor.js';
export { type ScannedFile, UPLOAD_SCANNER, type UploadScanner } from './intake/upload-scanner.js';
export { uploadMigrations } from './model/upload.migration.js';
export { AttachedTo, Upload, uploadDefinitions } from './model/upload.vertex.js';
export { UPLOAD_PROBE, UPLOAD_STEPS, type UploadProbe, type UploadStep } from './upload-probe.js';
export { UploadsModule } from './uploads.module.js';
export { UploadsHttpModule } from './uploads-http.module.js';
export { UploadsJobsModule } from './uploads-jobs.module.js';
