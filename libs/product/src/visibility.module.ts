import { Global, Module } from '@nestjs/common';
import { AccessibleOrganizations, AuthModule } from '#libs/auth';
import { ORGANIZATION_VISIBILITY } from '#libs/catalog';

/** Tells the catalogue, which knows nothing of authorization, whose organizations a caller may see. */
@Global()
@Module({
  imports: [AuthModule],
  providers: [{ provide: ORGANIZATION_VISIBILITY, useExisting: AccessibleOrganizations }],
  exports: [ORGANIZATION_VISIBILITY],
})
export class VisibilityModule {}
