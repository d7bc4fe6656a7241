import { defineJob } from '#libs/queue';

/** One at a time in a process: decoding takes memory. */
export const makeThumbnail = defineJob<{ upload_id: string }>('thumbnails/make', {
  attempts: 3,
  timeoutSeconds: 120,
  concurrency: 1,
});
