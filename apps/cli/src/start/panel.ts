import type { BootstrappedAdmin } from '#libs/auth';

export interface PanelContent {
  readonly url: string;
  readonly inboxUrl?: string;
  readonly directory: string;
  readonly embedded: readonly string[];
  readonly admin?: BootstrappedAdmin;
}

/** What a person wants to know once the product is up. */
export function panel({ url, inboxUrl, directory, embedded, admin }: PanelContent): string {
  const rows: [string, string][] = [
    ['API', `${url}/api`],
    ['Swagger UI', `${url}/docs`],
    ...(inboxUrl === undefined ? [] : [['Mail inbox', inboxUrl] satisfies [string, string]]),
    ['Data', directory],
    ['Embedded', embedded.length === 0 ? 'nothing' : embedded.join(', ')],
  ];
  const lines = ['', '  Imbi is ready.', '', ...rows.map(([name, value]) => `  ${name.padEnd(12)}${value}`)];
  if (admin) {
    lines.push('', '  First administrator', `    ${'E-mail'.padEnd(10)}${admin.email}`);
    if (admin.generatedPassword !== undefined) {
      lines.push(`    ${'Password'.padEnd(10)}${admin.generatedPassword}   (shown this once)`);
    }
  }
  return [...lines, '', '  Ctrl-C stops it.', '', ''].join('\n');
}
