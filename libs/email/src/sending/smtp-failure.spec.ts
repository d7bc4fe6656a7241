import { describe, expect, it } from '@jest/globals';
import { smtpFailure } from './smtp-failure.js';

const failure = (fields: object) => smtpFailure(Object.assign(new Error('no'), fields)).permanent;

describe('a failure of the mail server', () => {
  it('is final where it refuses the recipient or the content', () => {
    expect(failure({ code: 'EENVELOPE', responseCode: 550 })).toBe(true);
    expect(failure({ code: 'EMESSAGE', responseCode: 554 })).toBe(true);
    expect(failure({ code: 'EENVELOPE' })).toBe(true);
  });

  it.each([
    [{ code: 'EENVELOPE', responseCode: 451 }],
    [{ code: 'ECONNECTION', responseCode: 421 }],
    // About us, not about the mail.
    [{ code: 'EAUTH', responseCode: 535 }],
    [{ code: 'ETLS' }],
    [{ code: 'ETIMEDOUT' }],
    [{}],
  ])('may pass where it is %j', (fields) => {
    expect(failure(fields)).toBe(false);
  });

  it('is told in one line of bounded length', () => {
    const { text } = smtpFailure(new Error(`550 a\r\n550 ${'b'.repeat(5000)}`));
    expect(text).toMatch(/^550 a 550 b+$/);
    expect(text.length).toBeLessThanOrEqual(500);
  });
});
