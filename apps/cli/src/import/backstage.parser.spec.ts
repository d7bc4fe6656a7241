import { describe, expect, it } from '@jest/globals';
import { parseBackstage } from './backstage.parser.js';

const ORGANIZATION = { slug: 'acme', name: 'Acme' };

const CATALOG = `
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: team-a, description: The A team }
spec: { type: team, profile: { displayName: Team A }, children: [] }
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: web
  title: The Web
  tags: [typescript]
  annotations:
    github.com/project-slug: acme/web
    backstage.io/source-location: url:https://github.com/acme/web
  links: [{ url: https://grafana.example.org/d/1, title: Dashboard }]
spec: { type: website, lifecycle: production, owner: group:default/team-a, dependsOn: [resource:db], consumesApis: [web, lost] }
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: { name: web }
spec: { type: openapi, owner: team-b, lifecycle: production, definition: x }
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: { name: db }
spec: { type: database, owner: team-a }
`;

describe('parseBackstage', () => {
  const plan = parseBackstage([{ path: 'catalog-info.yaml', text: CATALOG }], ORGANIZATION);

  it('makes projects of components, APIs and resources, with owners, types, links and identifiers', () => {
    expect(plan.projects[0]).toEqual({
      slug: 'web',
      name: 'The Web',
      description: undefined,
      team: 'team-a',
      project_types: ['component-website'],
      links: { 'source-location': 'https://github.com/acme/web', dashboard: 'https://grafana.example.org/d/1' },
      identifiers: { 'github.com/project-slug': 'acme/web' },
      attributes: {
        lifecycle: 'production',
        annotations: expect.objectContaining({ 'github.com/project-slug': 'acme/web' }),
      },
      tags: ['typescript'],
      depends_on: ['db', 'web-api'],
      source: { file: 'catalog-info.yaml', line: 7 },
    });
  });

  it('keeps entities of different kinds and one name apart', () => {
    expect(plan.projects.map((project) => project.slug)).toEqual(['web', 'web-api', 'db']);
  });

  it('gives the plain slug to the same entity whatever order the files come in', () => {
    const document = (kind: string, namespace: string) =>
      `apiVersion: backstage.io/v1\nkind: ${kind}\nmetadata: {name: x, namespace: ${namespace}}\nspec: {owner: a}`;
    const documents = [
      document('API', 'default'),
      document('Component', 'other'),
      document('Component', 'default'),
      document('Group', 'default'),
    ];
    const slugs = (texts: string[]) =>
      parseBackstage(
        texts.map((text, index) => ({ path: `${index}.yaml`, text })),
        ORGANIZATION,
      )
        .projects.map(({ slug, source }) => [texts[Number.parseInt(source.file, 10)], slug])
        .sort();
    expect(slugs(documents)).toEqual(slugs([...documents].reverse()));
    expect(slugs(documents).map(([, slug]) => slug)).toEqual(['x-api', 'x', 'x-component']);
  });

  it('makes an API depend on what provides it, and turns dependencyOf around', () => {
    const text = [
      'kind: Component\nmetadata: {name: shop}\nspec: {owner: a, providesApis: [orders]}',
      'kind: API\nmetadata: {name: orders}\nspec: {owner: a}',
      'kind: Component\nmetadata: {name: app}\nspec: {owner: a, consumesApis: [orders]}',
      'kind: Resource\nmetadata: {name: db}\nspec: {owner: a, dependencyOf: [shop]}',
    ]
      .map((document) => `apiVersion: backstage.io/v1alpha1\n${document}`)
      .join('\n---\n');
    const { projects, problems } = parseBackstage([{ path: 'x.yaml', text }], ORGANIZATION);
    expect(problems).toEqual([]);
    expect(Object.fromEntries(projects.map(({ slug, depends_on: on }) => [slug, on]))).toEqual({
      shop: ['db'],
      orders: ['shop'],
      app: ['orders'],
      db: [],
    });
  });

  it('knows teams from groups and from owners that no group describes', () => {
    expect(plan.teams).toEqual([
      { slug: 'team-a', name: 'Team A', description: 'The A team' },
      { slug: 'team-b', name: 'team-b' },
    ]);
  });

  it('reports a dependency that is in none of the files', () => {
    expect(plan.problems).toEqual([
      { file: 'catalog-info.yaml', line: 7, reason: 'consumesApis names lost, which is not in these files' },
    ]);
  });

  it.each([
    ['broken YAML', 'a: [', /./, 1],
    [
      'a template’s skeleton',
      'apiVersion: backstage.io/v1\nkind: API\nmetadata: {name: "{{ values.name }}"}',
      /does not allow/,
      1,
    ],
    ['another tool’s document', 'apiVersion: v1\nkind: Pod', /no Backstage entity/, 1],
    [
      'an entity without a name',
      'apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {}',
      /no metadata.name/,
      1,
    ],
    [
      'an unknown kind',
      'apiVersion: backstage.io/v1\nkind: Spaceship\nmetadata: {name: x}',
      /Spaceship is not known/,
      1,
    ],
  ])('reports %s and still reads the good documents', (_what, bad, reason, line) => {
    const good = 'apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: ok}\nspec: {owner: a}';
    const mixed = parseBackstage(
      [
        { path: 'bad.yaml', text: bad },
        { path: 'good.yaml', text: good },
      ],
      ORGANIZATION,
    );
    expect(mixed.problems).toEqual([
      { file: 'bad.yaml', line: expect.any(Number), reason: expect.stringMatching(reason) },
    ]);
    expect(mixed.problems[0]?.line).toBeGreaterThanOrEqual(line);
    expect(mixed.projects.map((project) => project.slug)).toEqual(['ok']);
  });

  it('leaves out an entity that is defined a second time and says so', () => {
    const one = 'apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: ok}\nspec: {owner: a}';
    const twice = parseBackstage([{ path: 'x.yaml', text: `${one}\n---\n${one}` }], ORGANIZATION);
    expect(twice.projects).toHaveLength(1);
    expect(twice.problems[0]?.reason).toMatch(/defined a second time/);
  });
});
