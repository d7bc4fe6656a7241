import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ParsedMail, simpleParser } from 'mailparser';
import { newId } from '#libs/common';

/** A line of the inbox. Addresses are bare: `ada@example.org`. */
export interface CaughtMailSummary {
  readonly id: string;
  readonly received_at: string;
  readonly from: string;
  /** Who it was delivered to, blind copies included. */
  readonly to: readonly string[];
  readonly subject: string;
}

export interface CaughtMail extends CaughtMailSummary {
  readonly text?: string;
  readonly html?: string;
  readonly headers: readonly { name: string; value: string }[];
  readonly attachments: readonly { filename: string; content_type: string; bytes: number }[];
}

const EXTENSION = '.eml';
// The time in front makes file names sort by age.
const FILE_NAME = /^(\d{13})-([A-Za-z0-9_-]+)\.json$/;

/** The last mails, newest first, each as the raw message and a JSON envelope beside it. */
export class MailStore {
  private summaries: CaughtMailSummary[] = [];
  private lastTime = 0;

  constructor(
    private readonly directory: string,
    private readonly keep: number,
  ) {}

  /** Reads what an earlier run has caught. */
  async open(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const names = (await readdir(this.directory)).filter((name) => FILE_NAME.test(name)).sort();
    this.summaries = [];
    for (const name of names.reverse()) {
      const summary = asSummary(await readFile(path.join(this.directory, name), 'utf8'));
      if (summary) this.summaries.push(summary);
    }
    this.lastTime = Date.parse(this.summaries[0]?.received_at ?? '') || 0;
    await this.prune();
  }

  async add(raw: Buffer, envelope: { from: string; to: readonly string[] }): Promise<CaughtMailSummary> {
    const mail = await simpleParser(raw);
    // Strictly increasing, so that mails of one millisecond keep their order.
    this.lastTime = Math.max(Date.now(), this.lastTime + 1);
    const summary: CaughtMailSummary = {
      id: `${this.lastTime}-${newId()}`,
      received_at: new Date(this.lastTime).toISOString(),
      from: mail.from?.value[0]?.address ?? envelope.from,
      to: envelope.to,
      subject: mail.subject ?? '',
    };
    await writeFile(this.file(summary.id, EXTENSION), raw, { mode: 0o600 });
    // Last and at once: a mail without its envelope file does not exist.
    const draft = this.file(summary.id, '.tmp');
    await writeFile(draft, JSON.stringify(summary), { mode: 0o600 });
    await rename(draft, this.file(summary.id, '.json'));
    this.summaries.unshift(summary);
    await this.prune();
    return summary;
  }

  /** Newest first; `to` matches a whole address, in any case. */
  list(filter: { to?: string } = {}): readonly CaughtMailSummary[] {
    const wanted = filter.to?.toLowerCase();
    if (wanted === undefined) return this.summaries;
    return this.summaries.filter(({ to }) => to.some((address) => address.toLowerCase() === wanted));
  }

  async find(id: string): Promise<CaughtMail | undefined> {
    const summary = this.summaries.find((one) => one.id === id);
    if (!summary) return undefined;
    const mail = await this.parse(id);
    return {
      ...summary,
      text: mail.text,
      html: mail.html || undefined,
      headers: mail.headerLines.map(({ key, line }) => ({ name: key, value: unfold(line.slice(key.length + 1)) })),
      attachments: mail.attachments.map((one, index) => ({
        filename: one.filename ?? `attachment-${index + 1}`,
        content_type: one.contentType,
        bytes: one.size,
      })),
    };
  }

  async attachment(id: string, index: number): Promise<{ filename: string; content: Buffer } | undefined> {
    if (!this.summaries.some((one) => one.id === id)) return undefined;
    const found = (await this.parse(id)).attachments[index];
    return found && { filename: found.filename ?? `attachment-${index + 1}`, content: found.content };
  }

  async clear(): Promise<void> {
    await this.remove(this.summaries.splice(0));
  }

  private async prune(): Promise<void> {
    await this.remove(this.summaries.splice(this.keep));
  }

  private async remove(summaries: readonly CaughtMailSummary[]): Promise<void> {
    for (const { id } of summaries) {
      await rm(this.file(id, '.json'), { force: true });
      await rm(this.file(id, EXTENSION), { force: true });
    }
  }

  private async parse(id: string): Promise<ParsedMail> {
    return simpleParser(await readFile(this.file(id, EXTENSION)));
  }

  private file(id: string, extension: string): string {
    return path.join(this.directory, `${id}${extension}`);
  }
}

function asSummary(text: string): CaughtMailSummary | undefined {
  try {
    const value: CaughtMailSummary = JSON.parse(text);
    return Array.isArray(value.to) && typeof value.id === 'string' ? value : undefined;
  } catch {
    // A file of ours that somebody has edited is no reason not to start.
    return undefined;
  }
}

function unfold(value: string): string {
  return value.replaceAll(/\r?\n[ \t]+/g, ' ').trim();
}
