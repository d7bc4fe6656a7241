import { Module } from '@nestjs/common';
import { BlueprintModule } from '#libs/catalog';
import { BaseDocument } from './base-document.js';
import { DynamicDocumentController } from './dynamic-document.controller.js';
import { DynamicDocumentService } from './dynamic-document.service.js';

/** The OpenAPI document with live attributes. */
@Module({
  imports: [BlueprintModule],
  controllers: [DynamicDocumentController],
  providers: [BaseDocument, DynamicDocumentService],
})
export class DynamicDocumentModule {}
