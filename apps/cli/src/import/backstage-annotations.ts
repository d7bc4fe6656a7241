import { type JsonObject, slugify } from '#libs/common';
import { array, type BackstageEntity, record, text } from './backstage.entity.js';
import { clip, isHttpUrl, LIMITS, type PlannedBlueprint, type PlannedLinkDefinition } from './import-plan.js';

const FIELDS: Readonly<Record<string, string>> = {
  lifecycle: 'How far it is in its life.',
  system: 'The system that it is a part of.',
  domain: 'The domain that it belongs to.',
};
const MAX_ANNOTATIONS = 100;

/** What Backstage says of entities that others do not. */
export const BACKSTAGE_BLUEPRINT: PlannedBlueprint = {
  slug: 'backstage',
  name: 'Backstage',
  description: 'What the catalog-info.yaml of a project says.',
  properties: {
    ...Object.fromEntries(
      Object.entries(FIELDS).map(([name, description]) => [
        name,
        {
          type: 'string',
          maxLength: LIMITS.identifier,
          description,
          ...(name === 'lifecycle' ? { 'x-index': true } : {}),
        },
      ]),
    ),
    annotations: {
      type: 'object',
      description: 'Its annotations, as they stand in the file.',
      maxProperties: MAX_ANNOTATIONS,
      additionalProperties: { type: 'string', maxLength: LIMITS.identifier },
    },
  },
};

/** The attributes that an entity has by its `spec` and its annotations. */
export function backstageAttributes(entity: BackstageEntity): JsonObject {
  const fields = Object.keys(FIELDS).flatMap((name) => {
    const value = text(entity.spec[name]);
    return value === undefined ? [] : [[name, clip(value, LIMITS.identifier)]];
  });
  const annotations = Object.entries(record(entity.metadata['annotations'])).flatMap(([key, value]) => {
    const plain = text(value);
    return plain === undefined ? [] : [[key, clip(plain, LIMITS.identifier)]];
  });
  return {
    ...Object.fromEntries(fields),
    ...(annotations.length > 0 ? { annotations: Object.fromEntries(annotations.slice(0, MAX_ANNOTATIONS)) } : {}),
  };
}

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
  return { links, identifiers, definitions };
}
