import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
  UseInterceptors,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { concatMap, type Observable } from 'rxjs';
import { AuditReads } from './audit-reads.service.js';

interface AuditedRead {
  readonly action: string;
  readonly resourceKind: string;
  /** The path parameter that names the resource, of routes that read one. */
  readonly param?: string;
}

const AUDITED_READ = 'imbi:audited-read';

/**
 * Whoever is let in here is written down, in batches: for reads of what is sensitive. The resource is named by the path
 * parameter `param`, where the route reads one.
 */
export function AuditRead(action: string, resourceKind: string, param?: string): MethodDecorator {
  const read: AuditedRead = { action, resourceKind, param };
  return applyDecorators(SetMetadata(AUDITED_READ, read), UseInterceptors(AuditReadInterceptor));
}

@Injectable()
class AuditReadInterceptor implements NestInterceptor {
  constructor(private readonly reads: AuditReads) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const read: AuditedRead = Reflect.getMetadata(AUDITED_READ, context.getHandler());
    const { params } = context.switchToHttp().getRequest<FastifyRequest>();
    return next.handle().pipe(
      concatMap(async (answer) => {
        const { action, resourceKind } = read;
        await this.reads.record({ action, outcome: 'success', resourceKind, resourceId: parameterOf(params, read) });
        return answer;
      }),
    );
  }
}

function parameterOf(params: unknown, { param }: AuditedRead): string | undefined {
  const value: unknown = param !== undefined && typeof params === 'object' && params ? Reflect.get(params, param) : '';
  return typeof value === 'string' ? value : undefined;
}
