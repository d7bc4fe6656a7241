import { expect, it } from '@jest/globals';
import { runningProduct } from '../../libs/product/test/running-product.js';
import { HostileSmtp } from '../email/hostile-smtp.js';

const PAIRS = 500;

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

/** How often a value of `left` is above one of `right`: 0.5 where they cannot be told apart. */
function superiority(left: readonly number[], right: readonly number[]): number {
  let above = 0;
  for (const one of left) for (const other of right) above += one > other ? 1 : one === other ? 0.5 : 0;
  return above / (left.length * right.length);
}

it(`answers the same in the same time, over ${PAIRS} pairs of a known and an unknown address`, async () => {
  const smtp = new HostileSmtp();
  const product = await runningProduct({
    SMTP_URL: await smtp.start(),
    IMBI_RATE_LIMIT_MAIL_PER_HOUR: '10000',
    IMBI_RATE_LIMIT_LOGIN_PER_MINUTE: '10000',
  });
  try {
    await product.user('known@example.org');
    const seen = { known: new Set<string>(), unknown: new Set<string>() };
    const times: { known: number[]; unknown: number[] } = { known: [], unknown: [] };
    const ask = async (kind: 'known' | 'unknown', email: string) => {
      const started = performance.now();
      const response = await fetch(`${product.api.url}/api/auth/forgot-password`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email }),
      });
      const text = await response.text();
      times[kind].push(performance.now() - started);
      const headers = [...response.headers].filter(
        ([name]) => !/^(date|ratelimit|x-request-id|keep-alive)$/.test(name),
      );
      seen[kind].add(JSON.stringify([response.status, text, headers]));
      // The mail of a known address is made after the answer; its work must not be in the time of the next call.
      await new Promise((resolve) => setTimeout(resolve, 40));
    };
    for (let pair = 0; pair < 20; pair += 1) await ask('unknown', `warm${pair}@example.org`);
    seen.unknown.clear();
    times.unknown.length = 0;
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const both = [() => ask('known', 'known@example.org'), () => ask('unknown', `u${pair % 10}nown@example.org`)];
      if (Math.random() < 0.5) both.reverse();
      for (const one of both) await one();
    }
    const result = {
      known: median(times.known).toFixed(2),
      unknown: median(times.unknown).toFixed(2),
      superiority: superiority(times.known, times.unknown).toFixed(3),
      mails: smtp.mails.length,
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
    expect(seen.known.size).toBe(1);
    expect([...seen.known]).toEqual([...seen.unknown]);
    expect(smtp.mails.length).toBeGreaterThan(PAIRS / 2);
    // Three standard deviations of 500 pairs that are the same.
    expect(Math.abs(superiority(times.known, times.unknown) - 0.5)).toBeLessThan(0.055);
  } finally {
    await product.close();
    await smtp.stop();
  }
});
