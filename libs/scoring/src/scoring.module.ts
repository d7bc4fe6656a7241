import { Global, Injectable, Module } from '@nestjs/common';
import { BlueprintModule, PROJECT_TYPE_USERS, type ProjectTypeUsers } from '#libs/catalog';
import type { GraphTransaction } from '#libs/graph';
import { releaseType } from './policy/policy-targets.js';
import { ScoringInputsReader } from './score/scoring-inputs.js';

@Injectable()
class TargetedTypes implements ProjectTypeUsers {
  async release(tx: GraphTransaction, typeId: string): Promise<void> {
    await releaseType(tx, typeId);
  }
}

/** What scores are computed from, and what the catalogue has to ask before it deletes a project type. */
@Global()
@Module({
  imports: [BlueprintModule],
  providers: [ScoringInputsReader, { provide: PROJECT_TYPE_USERS, useClass: TargetedTypes }],
  exports: [ScoringInputsReader, PROJECT_TYPE_USERS],
})
export class ScoringModule {}
