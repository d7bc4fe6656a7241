import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { ApiNoContentResponse } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Accepts } from '#libs/http';
import { CATALOG_CALLER, type CatalogCaller } from '../shared/catalog-caller.js';
import { OrganizationDeletionDto } from './organization-deletion.dto.js';

/** A DELETE that with `cascade=true` is a job which only administrators may start. */
export function Cascades(): MethodDecorator {
  return applyDecorators(
    UseGuards(CascadeGuard),
    ApiNoContentResponse({ description: 'It is gone.' }),
    Accepts('/api/organization-deletions/{id}', OrganizationDeletionDto),
  );
}

@Injectable()
class CascadeGuard implements CanActivate {
  constructor(@Inject(CATALOG_CALLER) private readonly caller: CatalogCaller) {}

  canActivate(context: ExecutionContext): boolean {
    const { query } = context.switchToHttp().getRequest<FastifyRequest<{ Querystring: { cascade?: string } }>>();
    if (query.cascade !== undefined && query.cascade !== 'false') this.caller.assertAdmin();
    return true;
  }
}
