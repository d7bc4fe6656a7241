import { Injectable } from '@nestjs/common';
import { CompiledQuery } from 'kysely';
import { Database } from '#libs/database';
import { encodeAgtype } from '#libs/graph';
import type { CredentialSubject } from './credential-subject.js';
import { LIVENESS } from './liveness-sql.js';
import { principalSql } from './principal-sql.js';

/** A vertex of the organization that a URL names, on which access may have been granted by itself. */
export interface ResourceReference {
  readonly label: string;
  readonly by: 'id' | 'slug';
  readonly key: string;
}

/** A vertex that a URL names by its id. */
export interface VertexReference {
  readonly label: string;
  readonly id: string;
}

/** What is asked about one caller. */
export interface PrincipalQuestion {
  readonly subject: CredentialSubject;
  /** Null where the URL names no organization. */
  readonly organization: string | null;
  /** A resource whose organization is the one asked about, in place of `organization`. */
  readonly home?: VertexReference;
  readonly resource?: ResourceReference;
  /** What an earlier answer was good for: then the permissions are not computed again. */
  readonly known?: { readonly version: string; readonly organizationId: string | null };
  readonly now: Date;
}

/** The one row that a request's authentication and authorization need. Times are RFC 3339 texts. */
export interface PrincipalRow {
  readonly kind: 'user' | 'service_account';
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly is_active: boolean;
  readonly is_admin: boolean;
  /** Of the credential; null where it does not expire. */
  readonly expires_at: string | null;
  /** Of sessions only. */
  readonly last_seen_at: string | null;
  readonly ended_at: string | null;
  /** JSON list; of keys and clients only, as the next five. */
  readonly scopes: string | null;
  readonly secret_mac: string | null;
  readonly previous_mac: string | null;
  readonly previous_until: string | null;
  readonly last_used_at: string | null;
  /** A whole number, of keys whose limit an administrator set. */
  readonly requests_per_minute: string | null;
  /** When the session saw a second factor; of a key, since when its owner has one; null where neither. */
  readonly mfa_at: string | null;
  readonly organization_id: string | null;
  readonly organization_requires_mfa: boolean;
  readonly version: string;
  /** Whether a role that counts here does; null where `known` still holds. */
  readonly roles_require_mfa: boolean | null;
  /** Null where `known` still holds. */
  readonly permissions: readonly string[] | null;
  /** A JSON list for each grant on the resource. */
  readonly granted_actions: readonly string[] | null;
}

/** Whether a credential is alive, and where it is looked at. */
export type LivenessQuestion = Pick<PrincipalQuestion, 'subject' | 'organization'>;

interface LivenessRow extends PrincipalRow {
  readonly n: number;
}

/** Answers {@link PrincipalQuestion} by exactly one prepared statement. */
@Injectable()
export class PrincipalsReadModel {
  private readonly alive: Record<
    CredentialSubject['kind'],
    (question: LivenessQuestion) => Promise<PrincipalRow | undefined>
  >;

  constructor(private readonly database: Database) {
    const batched = (kind: CredentialSubject['kind']) =>
      database.batched((questions: readonly LivenessQuestion[]) => this.findAllAlive(kind, questions));
    this.alive = { session: batched('session'), api_key: batched('api_key'), client: batched('client') };
  }

  /**
   * The row without permissions, of which only the version is told; the requests that ask at the same time are answered
   * by one statement. Undefined where the credential does not exist or is another principal's.
   */
  findAlive(question: LivenessQuestion): Promise<PrincipalRow | undefined> {
    return this.alive[question.subject.kind](question);
  }

  /** Undefined where the credential does not exist or is another principal's. */
  async find(question: PrincipalQuestion): Promise<PrincipalRow | undefined> {
    const { subject, organization, home, resource, known, now } = question;
    const [credential, ...more] = parametersOf(subject);
    const [row] = await this.database.execute(
      CompiledQuery.raw(principalSql(subject.kind, { resource, home: home?.label }), [
        credential,
        organization === null ? null : encodeAgtype(organization),
        known?.version ?? '0',
        known?.organizationId ?? null,
        ...more,
        ...(resource ? [encodeAgtype(resource.key), now.toISOString()] : []),
        ...(home ? [encodeAgtype(home.id)] : []),
      ]) as CompiledQuery<PrincipalRow>,
    );
    return row;
  }

  private async findAllAlive(
    kind: CredentialSubject['kind'],
    questions: readonly LivenessQuestion[],
  ): Promise<(PrincipalRow | undefined)[]> {
    const lists: (string | null)[][] = [[], [], [], []];
    // Who asks several times at the same moment, as consoles and scripts do, is looked up once.
    const places = new Map<string, number>();
    const asked = questions.map(({ subject, organization }) => {
      const [credential = null, principal = null, token = null] = parametersOf(subject);
      const slug = organization === null ? null : encodeAgtype(organization);
      const key = `${slug} ${credential} ${principal} ${token}`;
      const known = places.get(key);
      if (known !== undefined) return known;
      for (const [index, value] of [slug, credential, principal, token].entries()) lists[index]?.push(value);
      places.set(key, places.size);
      return places.size - 1;
    });
    const rows = await this.database.execute<LivenessRow>({ sql: LIVENESS[kind], parameters: lists });
    const found: PrincipalRow[] = [];
    for (const row of rows) found[row.n - 1] = row;
    return asked.map((place) => found[place]);
  }
}

function parametersOf(subject: CredentialSubject): string[] {
  switch (subject.kind) {
    case 'session':
      return [encodeAgtype(subject.sessionId), encodeAgtype(subject.userId)];
    case 'api_key':
      return [encodeAgtype(subject.keyId)];
    case 'client':
      return [encodeAgtype(subject.clientId), encodeAgtype(subject.serviceAccountId), subject.tokenId];
  }
}
