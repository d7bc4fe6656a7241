import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { notFound, requestContext } from '#libs/common';

/** The organization of the URL, as the guard found it: everything a handler does stays inside it. */
export interface OrganizationScope {
  readonly id: string;
  readonly slug: string;
}

/** Gives a handler under `/organizations/:org` its {@link OrganizationScope}. */
export const InOrganization = createParamDecorator((_data: unknown, context: ExecutionContext): OrganizationScope => {
  const id = requestContext.current()?.organizationId;
  const { org } = context.switchToHttp().getRequest<FastifyRequest<{ Params: { org: string } }>>().params;
  if (id === undefined) throw notFound(`The organization "${org}"`);
  return { id, slug: org };
});
