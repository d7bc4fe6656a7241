import { DomainError } from '#libs/common';
import { defineProblems } from '#libs/http';

defineProblems({
  upload_type_not_allowed: {
    status: 415,
    title: 'Type of file not taken',
    cause: 'The file is said to be of a type that is not on the allow-list of the installation, or of none.',
    remedy: 'Send one of the types in `details.allowed`, with that type as the `Content-Type` of the part `file`.',
  },
  upload_type_mismatch: {
    status: 415,
    title: 'Not what it is said to be',
    cause: 'The type that was stated, the extension of the name, and the content do not agree.',
    remedy: 'Give the file the name and type that fit its content.',
  },
  upload_malformed: {
    status: 422,
    title: 'Broken file',
    cause:
      'The file begins as one of its type does, and does not go on so: it ends too early, or its parts do not fit.',
    remedy: 'Save it anew with a current program, and check that it can be opened.',
  },
  upload_polyglot: {
    status: 422,
    title: 'Several files in one',
    cause: 'The file can also be read as one of another type, as files that hide something are made.',
    remedy: 'Save it anew, so that it holds nothing else.',
  },
  upload_too_many_pixels: {
    status: 422,
    title: 'Image too large',
    cause: 'The image has more pixels, along one side or in all, than the installation takes.',
    remedy: 'Scale it down.',
  },
  upload_too_large: {
    status: 413,
    title: 'File too large',
    cause: 'The file is larger than the installation takes (`details.max_bytes`).',
    remedy: 'Send a smaller one.',
  },
  upload_empty: {
    status: 422,
    title: 'Empty file',
    cause: 'The file has no bytes.',
    remedy: 'Check what you are sending.',
  },
  upload_quota_exceeded: {
    status: 413,
    title: 'No room left',
    cause: 'With this file, the caller would have uploaded more than one caller may have in all.',
    remedy: 'Delete uploads that are not needed any more, or have an administrator raise the quota.',
  },
  upload_infected: {
    status: 422,
    title: 'Refused by the scanner',
    cause: 'The virus scanner of the installation found something in the file.',
    remedy: 'Do not open it; tell whoever looks after your machine.',
  },
  upload_in_use: {
    status: 409,
    title: 'Upload in use',
    cause: 'The upload is the icon or avatar of something; `details` counts by kind of what.',
    remedy: 'Give those another icon, or delete with `force=true`: then they have none.',
  },
  thumbnail_not_ready: {
    status: 404,
    title: 'Thumbnail not ready',
    cause: 'The thumbnail is still being made.',
    remedy: 'Ask again after `Retry-After`, or show the file itself.',
  },
});

export function quotaExceeded(quotaBytes: number, usedBytes: number): DomainError {
  return new DomainError('upload_quota_exceeded', 'payload_too_large', 'There is no room left for your uploads.', {
    details: { quota_bytes: quotaBytes, used_bytes: usedBytes },
  });
}

export function infected(found: string): DomainError {
  return new DomainError('upload_infected', 'invalid', `The scanner found ${found} in the file.`);
}

export function uploadInUse(counts: Readonly<Record<string, number>>): DomainError {
  const users = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  return new DomainError('upload_in_use', 'conflict', `The upload is in use by ${users.join(', ')}.`, {
    details: counts,
  });
}

export function thumbnailNotReady(): DomainError {
  return new DomainError('thumbnail_not_ready', 'not_found', 'The thumbnail is still being made.', {
    retryAfterSeconds: 2,
  });
}
