import { IsOptional, Matches } from 'class-validator';
import { SLUG_PATTERN } from '#libs/common';
import { PageOf } from '#libs/http';
import type { AuthContext } from '../principal/auth-context.js';
import type { SessionVertex } from '../session/sessions.repository.js';

/** Where one’s permissions are asked for. */
export class MeQueryDto {
  /**
   * Slug of the organization to evaluate permissions in; without it, those that hold everywhere are answered.
   */
  @IsOptional()
  @Matches(SLUG_PATTERN, { message: 'must be the slug of an organization' })
  organization?: string;
}

/** The caller. */
export class MeResponseDto {
  /** Whether a user calls, or a service account. */
  kind!: 'user' | 'service_account';

  /**
   * Nano ID of the user or service account.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * The e-mail address; null for service accounts.
   * @example admin@imbi.local
   */
  email!: string | null;

  /**
   * The name people see.
   * @example Administrator
   */
  display_name!: string;

  /**
   * The image the caller is shown with: its address or the id of an upload; null for none, and for service accounts.
   * @example https://example.org/ada.png
   */
  avatar!: string | null;

  /** Holds every permission, everywhere. */
  is_admin!: boolean;

  /** What the call was let in by. */
  credential!: 'session' | 'api_key' | 'client';

  /** Whether a second factor must be set up before anything else can be done here (403 `mfa_enrollment_required`). */
  mfa_enrollment_required!: boolean;

  /** The session the call came with; null for keys and clients. */
  session_id!: string | null;

  /**
   * The effective permissions, sorted.
   * @example ["project:read","project:write"]
   */
  permissions!: string[];
}

/** One place where the caller is signed in. */
export class SessionResponseDto {
  /**
   * Nano ID of the session.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /** Whether it is the one this call came with. */
  is_current!: boolean;

  /** What the user called the device; null where nothing was said. */
  device_label!: string | null;

  /**
   * Address of the last sign-in or refresh.
   * @example 192.0.2.10
   */
  ip!: string | null;

  /** The client program, as it names itself. */
  user_agent!: string | null;

  /**
   * When the user signed in.
   * @example 2026-11-23T10:00:00.000Z
   */
  created_at!: string;

  /**
   * When it was last refreshed.
   * @example 2026-11-23T11:00:00.000Z
   */
  last_seen_at!: string;

  /**
   * When it ends at the latest.
   * @example 2026-12-23T10:00:00.000Z
   */
  expires_at!: string;
}

/** A page of sessions. */
export class SessionPageDto extends PageOf(SessionResponseDto) {}

export function toMeResponse(
  auth: AuthContext,
  { permissions, avatar }: { readonly permissions: Iterable<string>; readonly avatar: string | null },
): MeResponseDto {
  const { principal, credential } = auth;
  return {
    kind: principal.kind,
    id: principal.id,
    email: principal.email ?? null,
    display_name: principal.name,
    avatar,
    is_admin: auth.isAdmin,
    credential: credential.kind,
    mfa_enrollment_required: auth.lacksSecondFactor,
    session_id: credential.kind === 'session' ? credential.id : null,
    permissions: [...permissions].sort(),
  };
}

export function toSessionResponse(session: SessionVertex, currentId: string): SessionResponseDto {
  const { id, device_label, ip, user_agent, created_at, last_seen_at, expires_at } = session;
  return { id, is_current: id === currentId, device_label, ip, user_agent, created_at, last_seen_at, expires_at };
}
