import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { AuditEventRow } from '#libs/analytics';
import { createLogger, type DomainError, errorMessage, type JsonObject, newId } from '#libs/common';
import { Database } from '#libs/database';
import type { RefusalRecorder } from '#libs/http';
import { currentAuth } from '../principal/auth-context.js';
import { type AuditEvent, auditRow, recordAudit } from './audit.js';
import { AuditReads } from './audit-reads.service.js';

/** A refusal that is recorded, and how often the same has happened since. */
interface Repeated {
  readonly row: AuditEventRow;
  readonly detail: JsonObject;
  times: number;
}

const GATHER_MS = 10_000;
const MAX_GATHERED = 10_000;
const logger = createLogger('audit');

/**
 * Records who was refused what, before the answer is sent. What a known caller may not do is an event of its own.
 * Strangers can come as often as they like: of those from one address and for one reason the first is stored, and those
 * that follow within ten seconds are gathered into a second event, that says how often.
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
    if (error.kind === 'forbidden' || this.isFirst(event)) {
      await this.database.transaction(async (tx) => recordAudit(tx, event));
    }
  }

  /** Hands over what was gathered so far. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const gathered = [...this.gathered.values()];
    this.gathered.clear();
    for (const { row, detail, times } of gathered.filter((one) => one.times > 0)) {
      const [event_id, time] = [newId(), new Date().toISOString()];
      await this.reads.add({ ...row, event_id, time, detail: JSON.stringify({ ...detail, times }) });
    }
  }

  // Before the reads themselves are closed.
  async onModuleDestroy(): Promise<void> {
    await this.flush();
  }

  /** Whether this is the first of its kind for a while; else it is counted. */
  private isFirst(event: AuditEvent): boolean {
    const row = auditRow(event);
    const key = `${row.ip} ${row.action} ${row.reason}`;
    const known = this.gathered.get(key);
    if (known) {
      known.times += 1;
      return false;
    }
    this.gathered.set(key, { row, detail: event.detail ?? {}, times: 0 });
    if (this.gathered.size >= MAX_GATHERED) this.flushLater(0);
    else if (!this.timer) this.flushLater(GATHER_MS);
    return true;
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
