import { describe, expect, it } from '@jest/globals';
import type { Project } from '#sdk';
import type { PlannedProject } from './import-plan.js';
import { chunked, isAsPlanned, projectDocument } from './project-document.js';

const PLANNED: PlannedProject = {
  slug: 'api',
  name: 'API',
  description: 'The API',
  team: 'core',
  project_types: ['service', 'api'],
  links: { repository: 'https://git.example.org/api' },
  identifiers: { jira: 'API' },
  attributes: { lifecycle: 'production' },
  tags: ['go'],
  depends_on: [],
  source: { file: 'x.yml', line: 1 },
};

function existing(changes: Partial<Project> = {}): Project {
  const reference = (slug: string) => ({ slug, name: slug });
  return {
    id: 'V1StGXR8_Z5jdHi6B-myT',
    slug: 'api',
    name: 'API',
    description: 'The API',
    icon: 'https://example.org/icon.svg',
    team: reference('core'),
    project_types: ['api', 'service'].map(reference),
    environments: [{ ...reference('production'), properties: { url: 'https://api.example.org' } }],
    tags: ['by-hand', 'go'].map(reference),
    links: { repository: 'https://git.example.org/api', runbook: 'https://wiki.example.org/api' },
    identifiers: { jira: 'API', pager: 'P1' },
    attributes: { lifecycle: 'production', tier: 1 },
    attribute_errors: [],
    archived_at: null,
    score: null,
    created_at: '2026-11-23T10:00:00.000Z',
    updated_at: '2026-11-23T10:00:00.000Z',
    version: 3,
    ...changes,
  };
}

describe('isAsPlanned', () => {
  it('finds no difference where people only added to what was imported', () => {
    expect(isAsPlanned(PLANNED, existing())).toBe(true);
  });

  it('leaves a description alone that the file does not have', () => {
    expect(isAsPlanned({ ...PLANNED, description: undefined }, existing())).toBe(true);
  });

  it.each<[string, Partial<PlannedProject>]>([
    ['name', { name: 'The API' }],
    ['description', { description: 'Another' }],
    ['team', { team: 'edge' }],
    ['types', { project_types: ['service'] }],
    ['tags', { tags: ['rust'] }],
    ['links', { links: { repository: 'https://git.example.org/moved' } }],
    ['identifiers', { identifiers: { github: 'acme/api' } }],
    ['attributes', { attributes: { lifecycle: 'deprecated' } }],
  ])('finds another %s', (_what, change) => {
    expect(isAsPlanned({ ...PLANNED, ...change }, existing())).toBe(false);
  });
});

describe('projectDocument', () => {
  it('keeps icon, environments and what people added', () => {
    const document = projectDocument(
      { ...PLANNED, name: 'New', links: { docs: 'https://docs.example.org' } },
      existing(),
    );
    expect(document).toMatchObject({
      name: 'New',
      icon: 'https://example.org/icon.svg',
      environments: { production: { url: 'https://api.example.org' } },
      tags: ['by-hand', 'go'],
      attributes: { lifecycle: 'production', tier: 1 },
      links: {
        repository: 'https://git.example.org/api',
        runbook: 'https://wiki.example.org/api',
        docs: 'https://docs.example.org',
      },
    });
  });
});

describe('chunked', () => {
  it('parts by count and by bytes, loses nothing and keeps the order', () => {
    const items = Array.from({ length: 25 }, (_, index) => 'x'.repeat(index));
    const chunks = chunked(items, { count: 4, bytes: 60 });
    expect(chunks.flat()).toEqual(items);
    for (const chunk of chunks) {
      expect(chunk.length).toBeLessThanOrEqual(4);
      expect(chunk.reduce((sum, item) => sum + item.length + 3, 0)).toBeLessThanOrEqual(60);
    }
  });

  it('gives an item that is too large a call of its own', () => {
    expect(chunked(['a', 'x'.repeat(100), 'b'], { count: 10, bytes: 20 })).toEqual([['a'], ['x'.repeat(100)], ['b']]);
  });
});
