import { Injectable } from '@nestjs/common';
import type { GraphTransaction } from '#libs/graph';
import type { Expectation, Page, PageQueryDto, PatchDocument } from '#libs/http';
import { Owners } from '../credential/owners.service.js';
import { currentAuth } from '../principal/auth-context.js';
import type { ApiKeyCreateDto, ApiKeyResponseDto, ApiKeyRotateDto, ApiKeySecretDto } from './api-key.dto.js';
import { ApiKeys } from './api-keys.service.js';

/**
 * The caller's own keys. They are the business of users who are there in person; a key by itself may look at itself and
 * revoke itself, and that of a service account may renew itself.
 */
@Injectable()
export class MyApiKeys {
  constructor(
    private readonly keys: ApiKeys,
    private readonly owners: Owners,
  ) {}

  list(query: PageQueryDto): Promise<Page<ApiKeyResponseDto>> {
    return this.keys.list(async () => this.owners.inPerson(), query);
  }

  get(keyId: string): Promise<ApiKeyResponseDto> {
    return this.keys.get(async () => this.owners.ownOf(keyId), keyId);
  }

  create(write: ApiKeyCreateDto): Promise<ApiKeySecretDto> {
    return this.keys.create((tx) => this.lock(tx), write);
  }

  patch(keyId: string, patch: PatchDocument, expected: Expectation): Promise<ApiKeyResponseDto> {
    return this.keys.patch((tx) => this.lock(tx), keyId, patch, expected);
  }

  rotate(keyId: string, rotation: ApiKeyRotateDto): Promise<ApiKeySecretDto> {
    const isOwn = currentAuth()?.principal.kind === 'service_account';
    return this.keys.rotate((tx) => this.lock(tx, isOwn ? keyId : undefined), keyId, rotation, { isOwn });
  }

  revoke(keyId: string): Promise<void> {
    return this.keys.revoke((tx) => this.lock(tx, keyId), keyId);
  }

  private lock(tx: GraphTransaction, keyId?: string) {
    return this.owners.lock(tx, keyId === undefined ? this.owners.inPerson() : this.owners.ownOf(keyId));
  }
}
