import { Module } from '@nestjs/common';
import { BlueprintSchemas } from './blueprint-schemas.js';

/** What attributes entities may have, for the catalogue and for every feature that reads them. `Graph` must be global. */
@Module({ providers: [BlueprintSchemas], exports: [BlueprintSchemas] })
export class BlueprintModule {}
