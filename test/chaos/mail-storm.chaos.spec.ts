import { describe, expect, it } from '@jest/globals';
import { mailStorm } from '../email/mail-storm.js';

const MAILS = Number(process.env['IMBI_CHAOS_MAILS'] ?? 1000);

describe('a mail server that fails two times in three', () => {
  it(`delivers ${MAILS} mails once, or leaves them among the failed ones`, async () => {
    const result = await mailStorm(MAILS, 600);
    process.stdout.write(`${JSON.stringify(result)}\n`);
    expect(result).toMatchObject({ mails: MAILS, deliveredTwice: 0, both: 0, lost: 0 });
    expect(result.deliveredOnce + result.deadLettered).toBe(MAILS);
  });
});
