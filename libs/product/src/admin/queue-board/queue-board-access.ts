import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type AuthContext, currentAuth, Principals } from '#libs/auth';
import { DomainError, isJsonObject, type JsonValue } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { FernetError, KeyRing } from '#libs/crypto';

export const BOARD_PATH = '/admin/queues';

const COOKIE = 'imbi_queue_board';
const OWN_COOKIE = new RegExp(`(?:^|;)\\s*${COOKIE}=([\\w=-]+)`);
/** Keeps other things that are encrypted with the same keys from being taken for a cookie. */
const PURPOSE = 'queue-board';
const LIFETIME_SECONDS = 15 * 60;

// What an operator may do by hand. What a job is told and when it is scheduled is the code's: a job made or edited here
// would act in whatever name is written into it.
const ALLOWED_WRITES = [
  /^\/api\/queues\/(pause|resume)$/,
  /^\/api\/queues\/[^/]+\/(pause|resume|empty|promote|retry\/[a-z]+|clean\/[a-z]+)$/,
  /^\/api\/queues\/[^/]+\/[^/]+\/(retry|clean|promote)$/,
  /^\/api\/queues\/[^/]+\/job-schedulers\/[^/]+\/run$/,
];

/**
 * Lets browsers in, which cannot send a token with a page. The cookie names a session, for a quarter of an hour and for
 * the board alone; whether that session is alive and its user may look at queues is asked anew at every request.
 */
@Injectable()
export class QueueBoardAccess {
  constructor(
    private readonly keys: KeyRing,
    private readonly principals: Principals,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The `Set-Cookie` header that opens the board for the caller's session. */
  openingCookie(request: FastifyRequest): string {
    const auth = currentAuth();
    if (!auth) throw new DomainError('unauthenticated', 'unauthenticated', 'Sign in first.');
    const value = this.keys.encrypt(
      JSON.stringify({ purpose: PURPOSE, session_id: auth.sessionId, user_id: auth.user.id }),
    );
    const isSecure = request.protocol === 'https' || this.config.server.publicUrl?.startsWith('https:');
    const attributes = ['HttpOnly', 'SameSite=Strict', `Path=${BOARD_PATH}`, `Max-Age=${LIFETIME_SECONDS}`];
    return [`${COOKIE}=${value}`, ...attributes, ...(isSecure ? ['Secure'] : [])].join('; ');
  }

  /** Who is looking. @throws DomainError `unauthenticated` without a cookie or with one that holds no more */
  async identify(request: FastifyRequest): Promise<AuthContext> {
    const auth = await this.callerOf(request);
    if (!auth) throw new DomainError('unauthenticated', 'unauthenticated', 'Sign in to look at the queues.');
    return auth;
  }

  /**
   * @throws DomainError `mfa_enrollment_required`; `forbidden` without `queues:read`, and at a write without `queues:write`, from another site, or
   * of a kind that is not done by hand
   */
  assertAdmitted(auth: AuthContext, request: FastifyRequest, path: string): void {
    auth.assertSecondFactor();
    assertMay(auth, 'queues:read');
    if (isWrite(request)) {
      assertMay(auth, 'queues:write');
      assertOwnOrigin(request);
      if (!ALLOWED_WRITES.some((pattern) => pattern.test(path.slice(BOARD_PATH.length)))) {
        throw new DomainError('forbidden', 'forbidden', 'What jobs are told and when they run is decided by the code.');
      }
    }
  }

  private async callerOf(request: FastifyRequest): Promise<AuthContext | undefined> {
    const value = OWN_COOKIE.exec(request.headers.cookie ?? '')?.[1];
    const subject = value === undefined ? undefined : this.read(value);
    return subject && this.principals.resolve({ kind: 'session', ...subject });
  }

  private read(value: string): { sessionId: string; userId: string } | undefined {
    try {
      const held: JsonValue = JSON.parse(this.keys.decryptText(value, { ttlSeconds: LIFETIME_SECONDS }));
      if (!isJsonObject(held) || held['purpose'] !== PURPOSE) return undefined;
      const { session_id: sessionId, user_id: userId } = held;
      return typeof sessionId === 'string' && typeof userId === 'string' ? { sessionId, userId } : undefined;
    } catch (error) {
      if (error instanceof FernetError || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}

export function isWrite(request: FastifyRequest): boolean {
  return request.method !== 'GET' && request.method !== 'HEAD';
}

function assertMay(auth: AuthContext, permission: string): void {
  if (auth.can(permission)) return;
  throw new DomainError('forbidden', 'forbidden', `This needs the permission ${permission}.`, {
    details: { permission },
  });
}

// SameSite keeps other sites' requests from having the cookie; a page of another port of this host is no other site.
function assertOwnOrigin(request: FastifyRequest): void {
  const { origin } = request.headers;
  if (origin !== undefined && URL.canParse(origin) && new URL(origin).host === request.host) return;
  throw new DomainError('forbidden', 'forbidden', 'Changes are taken from the board itself only.');
}
