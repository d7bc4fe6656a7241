import { expect, it } from '@jest/globals';
import { Database } from '#libs/database';
import { EmailSender } from '#libs/email';
import { runningProduct } from '../../libs/product/test/running-product.js';
import { HostileSmtp } from '../email/hostile-smtp.js';

const CALLS = 400;

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length * share)] ?? 0;
}

// How long the calls take, and against before, is a row of the bench (`mail`): here anything may run beside it.
it('the API answers while the mail server hangs', async () => {
  const smtp = new HostileSmtp(() => 'hang');
  const product = await runningProduct({ SMTP_URL: await smtp.start(), IMBI_MAIL_TIMEOUT: '60s' });
  try {
    const measure = async () => {
      const times: number[] = [];
      for (let call = 0; call < CALLS; call += 1) {
        const started = performance.now();
        const { status } = await product.call('GET', '/api/me');
        times.push(performance.now() - started);
        expect(status).toBe(200);
      }
      return times;
    };
    await measure();
    const before = await measure();
    const sender = product.api.app.get(EmailSender, { strict: false });
    await product.api.app.get(Database, { strict: false }).transaction(async (tx) => {
      for (let mail = 0; mail < 100; mail += 1) {
        const email = `hung${mail}@example.org`;
        const variables = { name: 'Ada', email, sign_in_url: 'https://imbi.example.org' };
        await sender.send(tx, { to: email, template: 'welcome', variables });
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const during = await measure();
    const ratio = (share: number) => quantile(during, share) / quantile(before, share);
    const result = {
      p50: quantile(during, 0.5),
      p50Ratio: ratio(0.5),
      p95Ratio: ratio(0.95),
      hung: smtp.faults.get('hang'),
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
    expect(during).toHaveLength(CALLS);
    // The calls came and went while mails were, and still are, on their way.
    expect(result.hung).toBeGreaterThan(0);
    expect(smtp.mails).toHaveLength(0);
  } finally {
    await smtp.stop();
    await product.close();
  }
});
