import { randomInt } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { CONFIG, type Config } from '#libs/config';
import { PasswordPolicy } from '#libs/crypto';
import type { Transaction } from '#libs/database';
import { Graph, tableOf } from '#libs/graph';
import { User } from '../model/identity.vertex.js';
import { UsersService } from './users.service.js';

/** The first administrator, where this start made one. */
export interface BootstrappedAdmin {
  readonly email: string;
  /** Only where it was generated: print it once, for it is stored nowhere. */
  readonly generatedPassword?: string;
}

// Any number will do as long as every process takes the same one.
const LOCK_KEY = 4_624_723;
// Without the characters that people mistake for one another.
const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const GROUPS = 4;
const GROUP_LENGTH = 5;

/** Makes the first administrator of an installation that has no user yet. */
@Injectable()
export class BootstrapAdmin {
  constructor(
    private readonly graph: Graph,
    private readonly users: UsersService,
    private readonly policy: PasswordPolicy,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Undefined where there are users already. Of several processes that start at once, one makes the account.
   * @throws DomainError `validation_failed` where IMBI_BOOTSTRAP_ADMIN_PASSWORD breaks the password policy
   */
  async run(): Promise<BootstrappedAdmin | undefined> {
    if ((await this.graph.read.list(User, { limit: 1 })).items.length > 0) return undefined;
    const { bootstrapAdminEmail: email, bootstrapAdminPassword } = this.config.auth;
    const generatedPassword = bootstrapAdminPassword === undefined ? this.generate() : undefined;
    const user = { email, displayName: 'Administrator', isAdmin: true };
    const password = bootstrapAdminPassword ?? generatedPassword;
    const hash = await this.users.hashNew(password, user, '/IMBI_BOOTSTRAP_ADMIN_PASSWORD');
    return this.graph.transaction(async (tx) => {
      if (await hasUsers(tx.transaction)) return undefined;
      await this.users.insert(tx, user, hash);
      return generatedPassword === undefined ? { email } : { email, generatedPassword };
    });
  }

  /** Some 116 random bits in groups that can be typed; drawn again until the policy is content. */
  private generate(): string {
    for (;;) {
      const groups = Array.from({ length: GROUPS }, () =>
        Array.from({ length: GROUP_LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join(''),
      );
      const password = groups.join('-');
      if (this.policy.check(password).length === 0) return password;
    }
  }
}

async function hasUsers(tx: Transaction): Promise<boolean> {
  await sql`select pg_advisory_xact_lock(${LOCK_KEY})`.execute(tx.kysely);
  const { rows } = await sql`select 1 from ${tableOf(User)} limit 1`.execute(tx.kysely);
  return rows.length > 0;
}
