import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import { slugify } from '#libs/common';
import {
  clip,
  EntitySet,
  type ImportPlan,
  type ImportProblem,
  isHttpUrl,
  LIMITS,
  type PlannedEntity,
  type PlannedLinkDefinition,
  type PlannedProject,
  yamlFault,
} from './import-plan.js';
import { LANDSCAPE_BLUEPRINT, landscapeAttributes } from './landscape-attributes.js';

/** Whose landscape it is, unless somebody says otherwise. */
export const LANDSCAPE_ORGANIZATION = { slug: 'cncf', name: 'Cloud Native Computing Foundation' };
/** Fields that hold an address but do not say so in their name. */
const LINK_FIELDS: Readonly<Record<string, string>> = {
  homepage_url: 'homepage',
  repo_url: 'repository',
  twitter: 'twitter',
  crunchbase: 'crunchbase',
};
const EXTRA_IDENTIFIERS = ['lfx_slug', 'clomonitor_name', 'chat_channel', 'parent_project'];

/**
 * Reads a landscape file (the CNCF's format): category → team, subcategory → project type, item → project.
 * An item that stands in several places becomes one project with several types; its first category owns it.
 */
export function parseLandscape(text: string, file: string, organization = LANDSCAPE_ORGANIZATION): ImportPlan {
  return new LandscapeParser(text, file, organization).parse();
}

class LandscapeParser {
  private readonly teams = new EntitySet<PlannedEntity>();
  private readonly types = new EntitySet<PlannedEntity>();
  private readonly links = new EntitySet<PlannedLinkDefinition>();
  private readonly projects = new EntitySet<PlannedProject>();
  private readonly problems: ImportProblem[] = [];
  private readonly lines = new LineCounter();
  private items = 0;

  constructor(
    private readonly text: string,
    private readonly file: string,
    private readonly organization: { slug: string; name: string },
  ) {}

  parse(): ImportPlan {
    const document = parseDocument(this.text, { lineCounter: this.lines, uniqueKeys: false });
    for (const error of document.errors) this.problem(error.pos[0], yamlFault(error));
    const categories = document.get('landscape', true);
    if (isSeq(categories)) for (const category of categories.items) this.category(category);
    else this.problem(0, 'there is no list "landscape" in it');
    return {
      organization: this.organization,
      teams: this.teams.values(),
      projectTypes: this.types.values(),
      linkDefinitions: this.links.values(),
      tags: [],
      blueprints: [LANDSCAPE_BLUEPRINT],
      projects: this.projects.values(),
      problems: this.problems,
      notes: this.notes(),
    };
  }

  private category(node: unknown): void {
    const name = nameOf(node);
    if (!isMap(node) || !name) {
      this.problem(startOf(node), 'a category without a name');
      return;
    }
    const team = this.teams.add({ slug: slugify(name), name: clip(name, LIMITS.name) });
    const subcategories = node.get('subcategories', true);
    if (!isSeq(subcategories)) return;
    for (const subcategory of subcategories.items) this.subcategory(subcategory, team);
  }

  private subcategory(node: unknown, team: PlannedEntity): void {
    const name = nameOf(node);
    if (!isMap(node) || !name) {
      this.problem(startOf(node), 'a subcategory without a name');
      return;
    }
    const type = this.types.add({ slug: slugify(name), name: clip(name, LIMITS.name) });
    const items = node.get('items', true);
    if (!isSeq(items)) return;
    for (const item of items.items) this.item(item, team, type);
  }

  private item(node: unknown, team: PlannedEntity, type: PlannedEntity): void {
    const name = nameOf(node);
    if (!isMap(node) || !name) {
      this.problem(startOf(node), 'an item without a name');
      return;
    }
    this.items += 1;
    const fields: Record<string, unknown> = node.toJSON();
    const types = [type.slug, ...this.secondTypes(node, fields['second_path'])];
    const known = this.projects.get(slugify(name));
    if (known) {
      known.project_types = [...new Set([...known.project_types, ...types])];
      return;
    }
    const extra = isRecord(fields['extra']) ? fields['extra'] : {};
    this.projects.add({
      slug: slugify(name),
      name: clip(name, LIMITS.name),
      description:
        typeof fields['description'] === 'string' ? clip(fields['description'], LIMITS.description) : undefined,
      team: team.slug,
      project_types: [...new Set(types)],
      links: this.linksOf(node, fields, extra),
      identifiers: identifiersOf(extra),
      attributes: this.attributesOf(node, fields, extra),
      tags: [],
      depends_on: [],
      source: { file: this.file, line: this.lineOf(startOf(node)) },
    });
  }

  /** `second_path` names further places as "Category / Subcategory". */
  private secondTypes(node: YAMLMap, paths: unknown): string[] {
    if (paths === undefined || paths === null) return [];
    const listed = Array.isArray(paths) ? paths : [paths];
    return listed.flatMap((path: unknown) => {
      const name = typeof path === 'string' ? path.split(' / ').at(1)?.trim() : undefined;
      if (name) return [this.types.add({ slug: slugify(name), name: clip(name, LIMITS.name) }).slug];
      this.problem(startOf(node), `second_path "${String(path)}" is not "category / subcategory"`);
      return [];
    });
  }

  private linksOf(
    node: YAMLMap,
    fields: Record<string, unknown>,
    extra: Record<string, unknown>,
  ): Record<string, string> {
    const links: Record<string, string> = {};
    const add = (slug: string, field: string, url: unknown) => {
      if (url === undefined || url === null || url === '' || links[slug]) return;
      if (!isHttpUrl(url)) {
        this.problem(startOf(node), `${field} of ${String(fields['name'])} is not an address; it is left out`);
        return;
      }
      this.links.add({ slug, name: titleOf(slug), url_template: '{url}' });
      links[slug] = url;
    };
    for (const [field, slug] of Object.entries(LINK_FIELDS)) add(slug, field, fields[field]);
    for (const [field, url] of Object.entries(extra)) {
      if (field.endsWith('_url')) add(slugify(field.slice(0, -'_url'.length)), field, url);
    }
    return links;
  }

  private attributesOf(
    node: YAMLMap,
    fields: Record<string, unknown>,
    extra: Record<string, unknown>,
  ): Record<string, string> {
    const { attributes, faults } = landscapeAttributes({
      ...extra,
      maturity: fields['project'],
      joined: fields['joined'],
    });
    for (const fault of faults) this.problem(startOf(node), `${fault} of ${String(fields['name'])}; it is left out`);
    return attributes;
  }

  private notes(): string[] {
    const projects = this.projects.values().length;
    if (this.items === projects) return [];
    const [items, fewer] = [this.items, this.items - projects].map((count) => count.toLocaleString('en-US'));
    return [
      `The file has ${items} items; ${fewer} of them stand in a second place and are one project with several types.`,
    ];
  }

  private problem(offset: number, reason: string): void {
    this.problems.push({ file: this.file, line: this.lineOf(offset), reason });
  }

  private lineOf(offset: number): number {
    return this.lines.linePos(offset).line;
  }
}

function identifiersOf(extra: Record<string, unknown>): Record<string, string> {
  const identifiers: Record<string, string> = {};
  const add = (key: string, value: unknown) => {
    if (typeof value === 'string' && value !== '') identifiers[key] = clip(value, LIMITS.identifier);
  };
  for (const field of EXTRA_IDENTIFIERS) add(field, extra[field]);
  return identifiers;
}

function nameOf(node: unknown): string | undefined {
  if (!isMap(node)) return undefined;
  const name: unknown = node.get('name');
  return typeof name === 'string' && name.trim() !== '' ? name.trim() : undefined;
}

function startOf(node: unknown): number {
  return isMap(node) || isSeq(node) || isScalar(node) ? (node.range?.[0] ?? 0) : 0;
}

function titleOf(slug: string): string {
  const words = slug.replace(/-/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
