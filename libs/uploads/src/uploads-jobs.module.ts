import { Module } from '@nestjs/common';
import { AvatarRemoval } from './cleanup/avatar-removal.handler.js';
import { ObjectRemoval } from './cleanup/object-removal.handler.js';
import { UploadJanitor } from './cleanup/upload-janitor.js';
import { Thumbnails } from './thumbnail/thumbnails.handler.js';

/** What happens to uploads behind the scenes, for the processes that run jobs. */
@Module({ providers: [ObjectRemoval, AvatarRemoval, UploadJanitor, Thumbnails] })
export class UploadsJobsModule {}
