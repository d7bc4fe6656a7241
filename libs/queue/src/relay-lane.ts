import { createLogger, errorMessage } from '#libs/common';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
const logger = createLogger('relay');

export interface LaneOptions {
  readonly name: string;
  /** Moves what it can; returns whether there may be more to move at once. Throws when the target is down. */
  readonly round: () => Promise<boolean>;
  readonly pollMs: number;
  /** How long a poke may wait for others, so that they share a round. */
  readonly lingerMs?: number;
  /** Milliseconds until something is due, where that is known. */
  readonly nextDue?: () => Promise<number | undefined>;
}

/** One topic's endless loop: rounds while there is work, then rest until a poke, the next due row or the poll interval. */
export class RelayLane {
  private running: Promise<void> | undefined;
  private stopped = false;
  private poked = false;
  private failures = 0;
  private wake: (() => void) | undefined;

  constructor(private readonly options: LaneOptions) {}

  start(): void {
    this.running ??= this.loop();
  }

  /** There may be rows. While the target is down this changes nothing: the wait is not cut short. */
  poke(): void {
    this.poked = true;
    this.wake?.();
  }

  /** Resolves when the round that is under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await this.running;
  }

  private async loop(): Promise<void> {
    while (!this.stopped) {
      this.poked = false;
      const more = await this.attempt();
      if (this.stopped || more) continue;
      await this.rest();
    }
  }

  private async attempt(): Promise<boolean> {
    try {
      const more = await this.options.round();
      if (this.failures > 0) logger.info({ lane: this.options.name }, 'the outbox is handed over again');
      this.failures = 0;
      return more;
    } catch (error) {
      this.failures += 1;
      const fields = { lane: this.options.name, failures: this.failures, reason: errorMessage(error) };
      if (this.failures === 1) logger.warn(fields, 'the outbox cannot be handed over; its rows wait');
      else logger.debug(fields, 'the outbox can still not be handed over');
      return false;
    }
  }

  private async rest(): Promise<void> {
    if (this.failures > 0) {
      await this.pause(Math.min(FIRST_WAIT_MS * 2 ** (this.failures - 1), LONGEST_WAIT_MS), { deaf: true });
      return;
    }
    const { lingerMs = 0, pollMs, nextDue } = this.options;
    const due = await nextDue?.().catch(() => undefined);
    // A poke may have come during the round or the question above.
    if (!this.poked) await this.pause(Math.min(pollMs, Math.max(due ?? pollMs, 1)));
    if (this.poked) await this.pause(lingerMs, { deaf: true });
  }

  /** Ends early at a poke, unless it is deaf to them, and when the lane stops. */
  private pause(milliseconds: number, options: { deaf?: boolean } = {}): Promise<void> {
    if (milliseconds <= 0 || this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.wake = () => {
        if (this.stopped || !options.deaf) done();
      };
    });
  }
}
