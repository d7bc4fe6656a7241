import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { createLogger, errorMessage } from '#libs/common';
import { CredentialUseRepository, type MacRenewal, type UsedCredential } from './credential-use.repository.js';

/** What the statement of a request said of its credential. */
interface Use {
  readonly lastUsedAt: string | null;
  readonly renewal?: MacRenewal;
}

interface Pending {
  readonly credential: UsedCredential;
  readonly at: Date;
  readonly renewal?: MacRenewal;
}

/** How exact `last_used_at` is: a key that is used all the time is written to once in so long. */
const EXACTNESS_MS = 60_000;
const GATHER_MS = 1000;
/** Of more credentials than that, the use is written down at their next call. */
const MAX_PENDING = 10_000;
const logger = createLogger('auth');

/**
 * Notes when keys and clients were used, and stores secrets anew that an older key of the ring protects. Off the path of
 * the request, which never waits for it, and at most once a minute for each credential.
 */
@Injectable()
export class CredentialUse implements OnModuleDestroy {
  private readonly pending = new Map<string, Pending>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly repository: CredentialUseRepository) {}

  note(credential: UsedCredential, { lastUsedAt, renewal }: Use, now: Date): void {
    const isRecent = lastUsedAt !== null && Date.parse(lastUsedAt) + EXACTNESS_MS > now.getTime();
    if (isRecent && !renewal) return;
    const key = credential.kind === 'api_key' ? credential.keyId : credential.clientId;
    // The former and the present secret of one key may both be waiting to be renewed.
    const id = `${key} ${renewal?.property ?? ''}`;
    if (this.pending.has(id) || this.pending.size >= MAX_PENDING) return;
    this.pending.set(id, { credential, at: now, renewal });
    this.timer ??= setTimeout(() => void this.flush(), GATHER_MS).unref();
  }

  /** Writes what there is. What cannot be written is noted again at the next call of its credential. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const uses = [...this.pending.values()];
    this.pending.clear();
    try {
      for (const use of uses) await this.write(use);
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'the use of keys could not be written down');
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.flush();
  }

  private async write({ credential, at, renewal }: Pending): Promise<void> {
    await this.repository.setLastUsed(credential, at);
    if (renewal) await this.repository.renewMac(credential, renewal);
  }
}
