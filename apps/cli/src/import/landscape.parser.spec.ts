import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseLandscape } from './landscape.parser.js';

const SAMPLE = `
landscape:
  - category:
    name: Provisioning
    subcategories:
      - subcategory:
        name: Automation & Configuration
        items:
          - item:
            name: Akri
            homepage_url: https://docs.akri.sh
            project: sandbox
            repo_url: https://github.com/project-akri/akri
            description: A resource interface for the edge
            second_path: Wasm / Orchestration
            extra:
              accepted: '2021-09-14'
              blog_url: https://medium.com/akri
              slack_url: not an address
          - item:
            homepage_url: https://nameless.example.org
  - category:
    name: Wasm
    subcategories:
      - subcategory:
        name: Orchestration
        items:
          - item:
            name: akri
            homepage_url: https://other.example.org
          - item:
            name: C++
          - item:
            name: C
      - subcategory:
        name: Empty
`;

describe('parseLandscape', () => {
  it('makes a project of an item, with its places as types and its addresses as links', () => {
    const plan = parseLandscape(SAMPLE, 'sample.yml');
    expect(plan.projects.find((project) => project.slug === 'akri')).toEqual({
      slug: 'akri',
      name: 'Akri',
      description: 'A resource interface for the edge',
      team: 'provisioning',
      project_types: ['automation-and-configuration', 'orchestration'],
      links: {
        homepage: 'https://docs.akri.sh',
        repository: 'https://github.com/project-akri/akri',
        blog: 'https://medium.com/akri',
      },
      identifiers: {},
      attributes: { maturity: 'sandbox', accepted: '2021-09-14' },
      tags: [],
      depends_on: [],
      source: { file: 'sample.yml', line: 9 },
    });
    expect(plan.linkDefinitions.map((one) => one.slug)).toEqual(['homepage', 'repository', 'blog']);
  });

  it('keeps names apart that differ only in signs', () => {
    const slugs = parseLandscape(SAMPLE, 'sample.yml').projects.map((project) => project.slug);
    expect(slugs).toEqual(['akri', 'c-plus-plus', 'c']);
  });

  it('names file, line and reason of what it cannot use and keeps the rest', () => {
    const plan = parseLandscape(SAMPLE, 'sample.yml');
    expect(plan.problems).toEqual([
      { file: 'sample.yml', line: 9, reason: 'slack_url of Akri is not an address; it is left out' },
      { file: 'sample.yml', line: 20, reason: 'an item without a name' },
    ]);
  });

  it('says how many items became fewer projects', () => {
    expect(parseLandscape(SAMPLE, 'sample.yml').notes).toEqual([
      'The file has 4 items; 1 of them stand in a second place and are one project with several types.',
    ]);
  });

  it('says so when the file is no landscape', () => {
    expect(parseLandscape('a: 1', 'x.yml').problems).toEqual([
      { file: 'x.yml', line: 1, reason: 'there is no list "landscape" in it' },
    ]);
  });

  const real = path.resolve(import.meta.dirname, '../../../../../shared/data/landscape.yml');
  (existsSync(real) ? it : it.skip)('reads the real landscape whole', () => {
    const plan = parseLandscape(readFileSync(real, 'utf8'), 'landscape.yml');
    // A text where an address should be, in the file itself.
    expect(plan.problems.map(({ reason }) => reason)).toEqual([
      'summary_intro_url of Argo is not an address; it is left out',
    ]);
    expect(plan.teams).toHaveLength(15);
    // 2,413 items; eight of them stand in two places under one name.
    expect(plan.projects.length).toBeGreaterThan(2400);
    const types = new Set(plan.projectTypes.map((type) => type.slug));
    expect(plan.projects.every((project) => project.project_types.every((slug) => types.has(slug)))).toBe(true);
  });
});
