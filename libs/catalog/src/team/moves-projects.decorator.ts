import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CATALOG_CALLER, type CatalogCaller } from '../shared/catalog-caller.js';

/** With `replace_with` the route changes projects and another team: for who may by a role, not by a grant on the one. */
export function MovesProjects(): MethodDecorator {
  return applyDecorators(UseGuards(MoveGuard));
}

@Injectable()
class MoveGuard implements CanActivate {
  constructor(@Inject(CATALOG_CALLER) private readonly caller: CatalogCaller) {}

  canActivate(context: ExecutionContext): boolean {
    const { query } = context.switchToHttp().getRequest<FastifyRequest<{ Querystring: Record<string, unknown> }>>();
    if (query['replace_with'] !== undefined) this.caller.assertMay('team:delete');
    return true;
  }
}
