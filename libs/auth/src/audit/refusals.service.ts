import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { AuditEventRow } from '#libs/analytics';
import { createLogger, type DomainError, errorMessage, type JsonObject } from '#libs/common';
import { Database } from '#libs/database';
import type { RefusalRecorder } from '#libs/http';
import { currentAuth } from '../principal/auth-context.js';
import { type AuditEvent, auditRow, recordAudit } from './audit.js';
import { AuditReads } from './audit-reads.service.js';

interface Repeated {
  readonly row: AuditEventRow;
  readonly detail: JsonObject;
  times: number;
}

const GATHER_MS = 10_000;
const MAX_GATHERED = 10_000;
const logger = createLogger('audit');

/**
 * Records who was refused what. What a known caller may not do is an event of its own, stored before the answer is sent.
 * Strangers, who can come as often as they like, are gathered: one event for an address and a reason each ten seconds,
 * that says how often.
 */
@Injectable()
export class Refusals implements RefusalRecorder, OnModuleDestroy {
  private readonly gathered = new Map<string, Repeated>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly reads: AuditReads,
  ) {}

  async recordRefusal(error: DomainError, request: FastifyRequest): Promise<void> {
    const event = eventOf(error, request);
    if (!event) return;
    if (error.kind !== 'forbidden') return this.gather(event);
    await this.database.transaction(async (tx) => recordAudit(tx, event));
  }

  /** Hands over what was gathered so far. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const gathered = [...this.gathered.values()];
    this.gathered.clear();
    for (const { row, detail, times } of gathered) {
      await this.reads.add({ ...row, detail: JSON.stringify({ ...detail, times }) });
    }
  }

  // Before the reads themselves are closed.
  async onModuleDestroy(): Promise<void> {
    await this.flush();
  }

  private gather(event: AuditEvent): void {
    const row = auditRow(event);
    const key = `${row.ip} ${row.action} ${row.reason}`;
    const known = this.gathered.get(key);
    if (known) {
      known.times += 1;
      return;
    }
    this.gathered.set(key, { row, detail: event.detail ?? {}, times: 1 });
    if (this.gathered.size >= MAX_GATHERED) this.flushLater(0);
    else if (!this.timer) this.flushLater(GATHER_MS);
  }

  private flushLater(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.flush().catch((error: unknown) => {
        logger.error({ reason: errorMessage(error) }, 'refusals could not be recorded');
      });
    }, ms);
    this.timer.unref();
  }
}

function eventOf(error: DomainError, request: FastifyRequest): AuditEvent | undefined {
  const detail = { method: request.method, route: request.routeOptions.url ?? '', ...permissionsOf(error) };
  switch (error.code) {
    case 'login_throttled':
      return { action: 'auth.login', outcome: 'denied', reason: 'throttled', detail };
    case 'local_login_disabled':
      return { action: 'auth.login', outcome: 'denied', reason: error.code, detail };
    case 'invalid_client':
      return { action: 'auth.token', outcome: 'failure', reason: error.code, detail };
    case 'unauthenticated':
      // Without a credential nobody claims to be anybody.
      if (request.headers.authorization === undefined) return undefined;
      return { action: 'auth.authenticate', outcome: 'failure', reason: 'invalid_credential', detail };
    default:
      // Strangers who come by a provider are recorded where they are turned away, with the provider.
      if (error.kind !== 'forbidden' || !currentAuth()) return undefined;
      return { action: 'auth.access', outcome: 'denied', reason: reasonOf(error), detail };
  }
}

function reasonOf({ code }: DomainError): string {
  return code === 'forbidden' ? 'missing_permission' : code;
}

function permissionsOf({ details }: DomainError): JsonObject {
  const needed = details?.['permission'] ?? details?.['permissions'];
  if (needed === undefined) return {};
  return { permission: Array.isArray(needed) ? needed.join(' ') : String(needed) };
}
