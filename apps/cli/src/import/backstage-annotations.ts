import { slugify } from '#libs/common';
import { array, type BackstageEntity, record, text } from './backstage.entity.js';
import { clip, isHttpUrl, LIMITS, type PlannedLinkDefinition } from './import-plan.js';

interface LinksAndIdentifiers {
  links: Record<string, string>;
  identifiers: Record<string, string>;
  definitions: PlannedLinkDefinition[];
}

/** What an entity's annotations and links become: links where they are addresses, identifiers where they are not. */
export function linksAndIdentifiers(entity: BackstageEntity): LinksAndIdentifiers {
  const links: Record<string, string> = {};
  const identifiers: Record<string, string> = {};
  const definitions: PlannedLinkDefinition[] = [];
  const addLink = (label: string, url: string) => {
    const slug = slugify(label);
    if (links[slug] !== undefined) return;
    definitions.push({ slug, name: clip(label, LIMITS.name), url_template: '{url}' });
    links[slug] = url;
  };
  for (const [key, value] of Object.entries(record(entity.metadata['annotations']))) {
    const plain = text(value)?.replace(/^url:/, '');
    if (plain === undefined) continue;
    if (isHttpUrl(plain)) addLink(key.split('/').at(-1) ?? key, plain);
    else identifiers[clip(key, LIMITS.identifierName)] = clip(plain, LIMITS.identifier);
  }
  for (const link of array(entity.metadata['links'])) {
    const { url, title, type } = record(link);
    if (isHttpUrl(url)) addLink(text(title) ?? text(type) ?? 'link', url);
  }
  for (const field of ['lifecycle', 'system', 'domain']) {
    const value = text(entity.spec[field]);
    if (value) identifiers[`backstage.io/${field}`] = clip(value, LIMITS.identifier);
  }
  return { links, identifiers, definitions };
}
