import { Injectable } from '@nestjs/common';
import { Graph } from '#libs/graph';
import { User } from '../model/identity.vertex.js';
import { SecondFactor } from '../oauth/sign-in/second-factor.js';
import { SecondFactors } from './second-factors.service.js';

/** Asks those who sign in with a provider for the second factor that they have here. */
@Injectable()
export class MfaSecondFactor extends SecondFactor {
  constructor(
    private readonly graph: Graph,
    private readonly factors: SecondFactors,
  ) {
    super();
  }

  override async prove(userId: string, code: string | undefined): Promise<void> {
    const factor = await this.factors.check(userId, code);
    await this.graph.transaction(async (tx) => {
      await tx.lock(User, userId);
      await this.factors.spend(tx, userId, factor);
    });
  }
}
