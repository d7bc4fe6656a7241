import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { AccountHttpModule, AccountJobsModule, AuthHttpModule, AuthJobsModule, AuthModule } from '#libs/auth';
import { CatalogHttpModule, CatalogJobsModule } from '#libs/catalog';
import { EmailHttpModule, EmailJobsModule, EmailModule } from '#libs/email';
import { JobsModule } from '#libs/queue';
import { ScoringHttpModule, ScoringJobsModule, ScoringModule } from '#libs/scoring';
import { UploadsHttpModule, UploadsJobsModule, UploadsModule } from '#libs/uploads';
import { AdminHttpModule } from './admin/admin-http.module.js';
import { CatalogAuditModule } from './catalog-audit.module.js';
import { JanitorModule } from './janitor.module.js';
import { ObservabilityModule } from './observability.module.js';
import { DynamicDocumentModule } from './openapi/dynamic-document.module.js';
import { PlatformModule, type PlatformOptions } from './platform.module.js';
import { UsageModule } from './usage.module.js';
import { VisibilityModule } from './visibility.module.js';

/** What a process of the product does: it serves the API, runs the jobs, or both. */
export interface ProductOptions extends PlatformOptions {
  readonly http: boolean;
  readonly jobs: boolean;
  /** More modules beside the product's own: say those of an extension, or of a test. */
  readonly extraModules?: readonly Type<unknown>[];
}

const HTTP_MODULES = [
  AuthHttpModule,
  VisibilityModule,
  CatalogHttpModule,
  AccountHttpModule,
  EmailHttpModule,
  ScoringHttpModule,
  UploadsHttpModule,
  AdminHttpModule,
  ObservabilityModule,
  UsageModule,
  DynamicDocumentModule,
];

const JOBS_MODULES = [
  JobsModule,
  CatalogJobsModule,
  EmailJobsModule,
  ScoringJobsModule,
  AuthJobsModule,
  AccountJobsModule,
  UploadsJobsModule,
  JanitorModule,
];

@Module({})
export class ProductModule {
  static forRoot(options: ProductOptions): DynamicModule {
    return {
      module: ProductModule,
      imports: [
        PlatformModule.forRoot(options),
        AuthModule,
        CatalogAuditModule,
        EmailModule,
        ScoringModule,
        UploadsModule,
        ...(options.http ? HTTP_MODULES : []),
        ...(options.jobs ? JOBS_MODULES : []),
        ...(options.extraModules ?? []),
      ],
    };
  }
}
