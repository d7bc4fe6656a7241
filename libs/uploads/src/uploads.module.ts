import { Global, Module } from '@nestjs/common';
import { USER_IMAGES } from '#libs/auth';
import { ENTITY_IMAGES } from '#libs/catalog';
import { UploadImages } from './image/upload-images.service.js';
import { UserAvatars } from './image/user-avatars.service.js';

/** Lets the catalogue show uploads as icons, and users as avatars. */
@Global()
@Module({
  providers: [
    { provide: ENTITY_IMAGES, useClass: UploadImages },
    { provide: USER_IMAGES, useClass: UserAvatars },
  ],
  exports: [ENTITY_IMAGES, USER_IMAGES],
})
export class UploadsModule {}
