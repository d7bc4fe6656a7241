import { CanAccess } from '../grant/grant.edge.js';
import { BackupCode, MfaFor, TotpSecret } from '../mfa/mfa.vertex.js';
import { oauthDefinitions } from '../oauth/model/oauth.vertex.js';
import { ApiKey, ClientCredential, HasKey } from './credential.vertex.js';
import { Grants, HasRole, InheritsFrom, MemberOf } from './identity.edge.js';
import { Group, Permission, Role, ServiceAccount, User } from './identity.vertex.js';
import { IssuedTo, RefreshToken, Session, SessionFor } from './session.vertex.js';

/** Every vertex and edge of identity and access; the migrations are checked against them. */
export const authDefinitions = [
  User,
  ServiceAccount,
  Group,
  Role,
  Permission,
  Session,
  RefreshToken,
  MemberOf,
  HasRole,
  InheritsFrom,
  Grants,
  SessionFor,
  IssuedTo,
  ApiKey,
  ClientCredential,
  HasKey,
  CanAccess,
  TotpSecret,
  BackupCode,
  MfaFor,
  ...oauthDefinitions,
];
