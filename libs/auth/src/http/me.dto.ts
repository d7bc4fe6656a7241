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
  /**
   * Nano ID of the user.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * The e-mail address.
   * @example admin@imbi.local
   */
  email!: string;

  /**
   * The name people see.
   * @example Administrator
   */
  display_name!: string;

  /** Holds every permission, everywhere. */
  is_admin!: boolean;

  /** The session the call came with. */
  session_id!: string;

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

export function toMeResponse({ user, sessionId }: AuthContext, permissions: Iterable<string>): MeResponseDto {
  return {
    id: user.id,
    email: user.email,
    display_name: user.displayName,
    is_admin: user.isAdmin,
    session_id: sessionId,
    permissions: [...permissions].sort(),
  };
}

export function toSessionResponse(session: SessionVertex, currentId: string): SessionResponseDto {
  const { id, device_label, ip, user_agent, created_at, last_seen_at, expires_at } = session;
  return { id, is_current: id === currentId, device_label, ip, user_agent, created_at, last_seen_at, expires_at };
}
