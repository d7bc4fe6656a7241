import { Inject, Injectable } from '@nestjs/common';
import { createLogger } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { OnSchedule } from '#libs/queue';
import { LoginThrottle } from '../login/login-throttle.js';
import { KnownDevices } from '../session/known-devices.repository.js';
import { ExpiredRepository } from './expired.repository.js';

/** As long as the rows that tell how a key was used. */
const CREDENTIALS_KEPT_MS = 90 * 86_400_000;
const logger = createLogger('janitor');

/** Removes what sign-ins leave behind once it is of no use to anybody. */
@Injectable()
export class AuthJanitor {
  constructor(
    private readonly expired: ExpiredRepository,
    private readonly throttle: LoginThrottle,
    private readonly devices: KnownDevices,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @OnSchedule('expired-sign-ins', { everySeconds: 3600 })
  async removeExpired(): Promise<void> {
    const ended = new Date(Date.now() - this.config.retention.sessions * 1000);
    const removed = {
      sessions: await this.expired.removeSessions(ended),
      spent_tokens: await this.expired.removeSpentTokens(ended),
      revoked_tokens: await this.expired.removeRevokedTokens(),
      credentials: await this.expired.removeCredentials(new Date(Date.now() - CREDENTIALS_KEPT_MS)),
      provider_sign_ins: await this.expired.removeProviderSignIns(),
      login_throttles: await this.throttle.purge(),
      devices: await this.devices.purge(),
    };
    logger.debug({ removed }, 'what sign-ins left behind was removed');
  }
}
