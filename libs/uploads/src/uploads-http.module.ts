import { Module, type OnModuleInit } from '@nestjs/common';
import { Graph } from '#libs/graph';
import { Metrics } from '#libs/http';
import { EntityUses } from './image/entity-uses.js';
import { UploadIntake } from './intake/upload-intake.service.js';
import { Upload } from './model/upload.vertex.js';
import { Attachments } from './upload/attachments.js';
import { UploadLinks } from './upload/upload-links.js';
import { UploadsController } from './upload/uploads.controller.js';
import { UploadsService } from './upload/uploads.service.js';
import { UploadsModule } from './uploads.module.js';

/** Uploads over HTTP. */
@Module({
  imports: [UploadsModule],
  controllers: [UploadsController],
  providers: [UploadIntake, UploadsService, UploadLinks, Attachments, EntityUses],
})
export class UploadsHttpModule implements OnModuleInit {
  constructor(
    private readonly graph: Graph,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const help = 'Uploads that are being sent, or were begun and wait for the janitor.';
    this.metrics.gauge({ name: 'imbi_uploads_pending', help }, () =>
      this.graph.read.count(Upload, { status: 'pending' }),
    );
  }
}
