import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Location } from '#libs/http';
import { CATALOG_CALLER, type CatalogCaller } from './catalog-caller.js';

const CREATE_PERMISSION = 'imbi:catalog:create-permission';

/**
 * A PUT that with `If-None-Match: *` creates what is not there yet: that is a creation, and needs the permission to
 * create besides the one to write. `location` is the template of {@link Location}.
 */
export function PutsAbsent(permission: string, location: string, answer: Type<object>): MethodDecorator {
  return applyDecorators(
    SetMetadata(CREATE_PERMISSION, permission),
    UseGuards(CreateGuard),
    Location(location),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: `\`*\` creates, and never replaces: 412 where it exists already. Needs \`${permission}\` too.`,
      schema: { type: 'string', enum: ['*'] },
    }),
    ApiOkResponse({ type: answer, description: 'What it is now.' }),
    ApiCreatedResponse({ type: answer, description: 'What was created.' }),
  );
}

@Injectable()
class CreateGuard implements CanActivate {
  constructor(@Inject(CATALOG_CALLER) private readonly caller: CatalogCaller) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (headers['if-none-match'] === undefined) return true;
    this.caller.assertMay(Reflect.getMetadata(CREATE_PERMISSION, context.getHandler()));
    return true;
  }
}
