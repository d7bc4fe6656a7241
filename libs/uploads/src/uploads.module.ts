import { Global, Module } from '@nestjs/common';
import { ENTITY_IMAGES } from '#libs/catalog';
import { UploadImages } from './image/upload-images.service.js';

/** Lets the catalogue show uploads as icons. */
@Global()
@Module({
  providers: [{ provide: ENTITY_IMAGES, useClass: UploadImages }],
  exports: [ENTITY_IMAGES],
})
export class UploadsModule {}
