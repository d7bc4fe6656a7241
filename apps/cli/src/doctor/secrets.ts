import { CONFIG_SECTIONS, type Config } from '#libs/config';

// A shorter one would blot out half of every line, and is none worth hiding.
const MIN_LENGTH = 4;

/** Every secret of the configuration, passwords within addresses included, longest first. */
export function secretsOf(config: Config): string[] {
  const secrets = new Set<string>();
  for (const section of CONFIG_SECTIONS) {
    const settings: Readonly<Record<string, { readonly secret: boolean }>> = section.settings;
    for (const [key, value] of Object.entries<unknown>(config[section.name])) {
      if (typeof value !== 'string') continue;
      if (settings[key]?.secret) secrets.add(value);
      if (!URL.canParse(value)) continue;
      const { password } = new URL(value);
      secrets.add(password);
      secrets.add(decodeURIComponent(password));
    }
  }
  return [...secrets].filter((secret) => secret.length >= MIN_LENGTH).sort((left, right) => right.length - left.length);
}

/** An address without who and what signs in there. */
export function shownUrl(text: string): string {
  const url = new URL(text);
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}
