import { readFileSync } from 'node:fs';
import path from 'node:path';
import { product } from '#test/product';

interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The mails that the product's catcher has for an address, the newest first. */
export async function mailsTo(address: string): Promise<{ id: string; subject: string }[]> {
  const response = await fetch(`${inbox()}/api/messages?to=${encodeURIComponent(address)}`);
  const { data }: { data: { id: string; subject: string }[] } = await response.json();
  return data;
}

/** Waits for a mail to an address whose subject fits. */
export async function mailTo(address: string, subject: RegExp, count = 1): Promise<Mail> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const found = (await mailsTo(address)).filter((mail) => subject.test(mail.subject));
    if (found.length >= count && found[0]) {
      const response = await fetch(`${inbox()}/api/messages/${found[0].id}`);
      return response.json();
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`No mail ${subject} to ${address} came in time`);
}

/** Path and hash of the one-time link in a mail. */
export function linkIn({ text, html }: Mail): string {
  const link = /https?:\/\/\S+\/account\/[a-z-]+#\S+/.exec(text)?.[0] ?? '';
  if (!html.includes(link)) throw new Error('HTML and text have different links');
  const { pathname, hash } = new URL(link);
  return pathname + hash;
}

/** The token of the link, as the page behind it would read it. */
export function tokenIn(mail: Mail): string {
  return linkIn(mail).split('#')[1] ?? '';
}

function inbox(): string {
  const server: { mailUrl: string } = JSON.parse(readFileSync(path.join(product().directory, 'server.json'), 'utf8'));
  return server.mailUrl;
}
