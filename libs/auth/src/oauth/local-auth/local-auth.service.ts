import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '#libs/database';
import { Graph } from '#libs/graph';
import { recordAudit } from '../../audit/audit.js';
import { oauthProblem } from '../oauth-problems.js';
import type { LocalAuthDto } from './local-auth.dto.js';
import { assertSomebodyGetsIn, readLocalAuth } from './way-in.js';

/** Whether users may sign in with e-mail and password. */
@Injectable()
export class LocalAuth {
  constructor(
    private readonly database: Database,
    private readonly graph: Graph,
  ) {}

  async get(): Promise<LocalAuthDto> {
    return { enabled: await this.isEnabled() };
  }

  async isEnabled(): Promise<boolean> {
    return readLocalAuth(this.database);
  }

  /** @throws DomainError `local_login_disabled` */
  async assertEnabled(): Promise<void> {
    if (!(await this.isEnabled())) throw oauthProblem('local_login_disabled');
  }

  /** @throws DomainError `local_auth_needed` where nobody could administer the installation any more */
  async set({ enabled }: LocalAuthDto): Promise<LocalAuthDto> {
    return this.graph.transaction(async (tx) => {
      const { rows } = await sql`
        update imbi_system.local_auth set enabled = ${enabled}, changed_at = now() where enabled <> ${enabled} returning 1
      `.execute(tx.transaction.kysely);
      await assertSomebodyGetsIn(tx);
      if (rows.length > 0) {
        recordAudit(tx.transaction, {
          action: enabled ? 'auth.local.enable' : 'auth.local.disable',
          outcome: 'success',
        });
      }
      return { enabled };
    });
  }
}
