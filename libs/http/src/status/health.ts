import { Injectable } from '@nestjs/common';
import { createLogger, errorMessage } from '#libs/common';

/** One dependency that readiness asks about. */
export interface HealthCheck {
  readonly name: string;
  /** Whether the server is of no use without it: only then does its failure make readiness 503. */
  readonly required: boolean;
  /** Resolves when the dependency answers (with a text where there is a word to say on its state), rejects when it does not. */
  check(): Promise<unknown>;
}

export interface HealthReport {
  readonly name: string;
  readonly required: boolean;
  readonly status: 'up' | 'down';
  readonly latency_ms: number;
  readonly detail?: string;
}

const CHECK_TIMEOUT_MILLISECONDS = 3000;
const logger = createLogger('health');

/** Collects the health checks of whatever parts the process has. */
@Injectable()
export class HealthRegistry {
  private readonly checks: HealthCheck[] = [];
  private draining = false;

  register(check: HealthCheck): void {
    if (this.checks.some(({ name }) => name === check.name))
      throw new Error(`Two health checks are called ${check.name}.`);
    this.checks.push(check);
  }

  /** From now on the process is not ready: it is about to stop. */
  drain(): void {
    this.draining = true;
  }

  async report(): Promise<{ ready: boolean; checks: HealthReport[] }> {
    const checks = await Promise.all(this.checks.map((check) => runCheck(check)));
    const ready = !this.draining && checks.every(({ status, required }) => status === 'up' || !required);
    return { ready, checks };
  }
}

async function runCheck({ name, required, check }: HealthCheck): Promise<HealthReport> {
  const start = performance.now();
  const elapsed = () => Math.round((performance.now() - start) * 10) / 10;
  try {
    const detail = await withTimeout(check());
    return { name, required, status: 'up', latency_ms: elapsed(), ...(typeof detail === 'string' ? { detail } : {}) };
  } catch (error) {
    // The reason may name hosts and users, and readiness is public: it goes to the log only.
    logger.warn({ check: name, reason: errorMessage(error) }, 'dependency is down');
    return { name, required, status: 'down', latency_ms: elapsed() };
  }
}

async function withTimeout<Value>(work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), CHECK_TIMEOUT_MILLISECONDS);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
