import { describe, expect, it } from '@jest/globals';
import { mailStorm } from './mail-storm.js';

// `npm test` sends few; the whole thousand is test/chaos/mail-storm.chaos.spec.ts.
const MAILS = 60;

describe('a mail server that fails at random', () => {
  it('ends with every mail delivered once or among the failed ones', async () => {
    const { seconds: _seconds, faults: _faults, ...counts } = await mailStorm(MAILS, 50);
    expect(counts).toEqual({
      mails: MAILS,
      deliveredOnce: MAILS - counts.deadLettered,
      deliveredTwice: 0,
      deadLettered: counts.deadLettered,
      both: 0,
      lost: 0,
    });
    expect(counts.deliveredOnce).toBeGreaterThan(0);
    expect(counts.deadLettered).toBeGreaterThan(0);
  });
});
