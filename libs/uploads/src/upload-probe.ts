/** Called at each step of an upload and of a delete. Tests end the process there. */
export type UploadProbe = (step: UploadStep) => Promise<void>;

export const UPLOAD_STEPS = [
  'pending',
  'received',
  'stored',
  'ready',
  'thumbnail stored',
  'thumbnail ready',
  'removed',
  'object removed',
  'thumbnail removed',
] as const;

export type UploadStep = (typeof UPLOAD_STEPS)[number];

export const UPLOAD_PROBE = Symbol('imbi.uploads.probe');
