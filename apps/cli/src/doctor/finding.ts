export type Severity = 'ok' | 'warn' | 'FAIL';

/** One line of the doctor: what was looked at, what was found, and what to do about it. */
export interface Finding {
  readonly severity: Severity;
  readonly name: string;
  readonly finding: string;
  readonly remedy?: string;
}

export function ok(name: string, finding: string): Finding {
  return { severity: 'ok', name, finding };
}

export function warn(name: string, finding: string, remedy: string): Finding {
  return { severity: 'warn', name, finding, remedy };
}

export function fail(name: string, finding: string, remedy: string): Finding {
  return { severity: 'FAIL', name, finding, remedy };
}

/** `ok|warn|FAIL name: finding — what to do`, with no secret in it. */
export function findingLine({ severity, name, finding, remedy }: Finding, secrets: readonly string[]): string {
  const text = `${severity.padEnd(4)} ${name}: ${finding}${remedy === undefined ? '' : ` — ${remedy}`}`;
  return secrets.reduce((line, secret) => line.replaceAll(secret, '***'), text.replace(/\s*\n\s*/g, ' '));
}
