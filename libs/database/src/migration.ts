import { createHash } from 'node:crypto';

/** A step of the schema. Once released it is never edited: databases out there have already run it. */
export interface Migration {
  readonly id: string;
  readonly statements: readonly string[];
  readonly checksum: string;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const MIGRATION_ID = /^[a-z_]+\/\d{4}_[a-z0-9_]+$/;

/**
 * Declares a migration, `<lib>/<nnnn>_<what>`.
 * @example migration('catalog/0001_team', (m) => { m.vertex('Team'); m.unique('Team', ['organization_id', 'slug']); })
 */
export function migration(id: string, describe: (builder: MigrationBuilder) => void): Migration {
  if (!MIGRATION_ID.test(id)) throw new Error(`"${id}" is no migration id`);
  const builder = new MigrationBuilder();
  describe(builder);
  const { statements } = builder;
  const checksum = createHash('sha256').update(statements.join('\n;\n')).digest('hex');
  return { id, statements, checksum };
}

export class MigrationBuilder {
  readonly statements: string[] = [];

  /** A vertex label with an index on its graphid and a unique one on its `id` property. */
  vertex(label: string): void {
    this.statements.push(
      `select ag_catalog.create_vlabel('imbi', ${literal(label)})`,
      indexUnlessIndexed(label, 'id', `${label}_graphid`),
    );
    this.unique(label, ['id']);
  }

  /**
   * An edge label with indexes on both ends. `unique: 'pair'` allows one edge between two vertices (the default),
   * `'start'` one edge from each vertex, `'none'` any number.
   */
  edge(label: string, options: { unique?: 'pair' | 'start' | 'none' } = {}): void {
    const table = identifier(label);
    this.statements.push(`select ag_catalog.create_elabel('imbi', ${literal(label)})`);
    if (options.unique === 'start') {
      this.statements.push(`create unique index "${label}_start_key" on imbi.${table} (start_id)`);
    } else {
      this.statements.push(indexUnlessIndexed(label, 'start_id', `${label}_start`));
      if (options.unique !== 'none') {
        this.statements.push(`create unique index "${label}_pair_key" on imbi.${table} (start_id, end_id)`);
      }
    }
    this.statements.push(indexUnlessIndexed(label, 'end_id', `${label}_end`));
  }

  /** A unique index over properties of a label; a vertex that lacks one of them does not collide. */
  unique(label: string, properties: readonly string[]): void {
    this.propertyIndex('unique index', uniqueIndexName(label, properties), label, properties);
  }

  /** A btree index over properties of a label, for equality on the first ones and order on the rest. */
  index(label: string, properties: readonly string[]): void {
    this.propertyIndex('index', indexName(label, properties), label, properties);
  }

  /**
   * A trigram index over the texts of a vertex: what {@link searchExpression} says, for words and parts of words.
   * The extension is one of PostgreSQL's own, and whoever may create in the database may install it.
   */
  search(label: string, properties: readonly string[]): void {
    this.statements.push(
      'create extension if not exists pg_trgm with schema public',
      `create index "${searchIndexName(label)}" on imbi.${identifier(label)}
        using gin ((${searchExpression(properties, 'properties')}) public.gin_trgm_ops)`,
    );
  }

  sql(statement: string): void {
    this.statements.push(statement);
  }

  private propertyIndex(kind: string, name: string, label: string, properties: readonly string[]): void {
    const expressions = properties.map(
      (property) => `ag_catalog.agtype_access_operator(properties, '"${checked(property)}"'::ag_catalog.agtype)`,
    );
    this.statements.push(
      `create ${kind} "${name}" on imbi.${identifier(label)} (${expressions.map((text) => `(${text})`).join(', ')})`,
    );
  }
}

/** The name of the unique index over properties of a label, by which a violation is recognised. */
export function uniqueIndexName(label: string, properties: readonly string[]): string {
  return shorten(`${label}_${properties.join('_')}_key`);
}

/** The name of the plain index over properties of a label. */
export function indexName(label: string, properties: readonly string[]): string {
  return shorten(`${label}_${properties.join('_')}_idx`);
}

export function searchIndexName(label: string): string {
  return `${label}_search_idx`;
}

/**
 * The texts of a vertex as one, in lower case, a line for each property: the index is made over this very expression,
 * and a search that is written otherwise does not find it. The collation knows the letters of all languages, whatever
 * the database was made with.
 */
export function searchExpression(properties: readonly string[], column: string): string {
  const lines = properties.map(
    (name) =>
      `coalesce((ag_catalog.agtype_access_operator(${column}, '"${checked(name)}"'::ag_catalog.agtype))::text, '')`,
  );
  return asTexts(lines);
}

/** The same texts, only to be read: half the work of {@link searchExpression}, but no index is by it. */
export function searchTexts(properties: readonly string[], column: string): string {
  return asTexts(
    properties.map(
      (name) =>
        `coalesce(ag_catalog.agtype_object_field_text_agtype(${column}, '"${checked(name)}"'::ag_catalog.agtype), '')`,
    ),
  );
}

function asTexts(lines: readonly string[]): string {
  return `lower((${lines.join(` || E'\\n' || `)}) collate pg_catalog."pg_c_utf8")`;
}

function checked(name: string): string {
  if (!NAME.test(name)) throw new Error(`"${name}" is no name of a label or property`);
  return name;
}

function identifier(name: string): string {
  return `"${checked(name)}"`;
}

function literal(name: string): string {
  return `'${checked(name)}'`;
}

// PostgreSQL cuts names at 63 bytes without a word, which would make two long ones collide.
function shorten(name: string): string {
  if (name.length <= 63) return name;
  return `${name.slice(0, 54)}_${createHash('sha1').update(name).digest('hex').slice(0, 8)}`;
}

// AGE 1.7 makes some of these indexes itself and 1.5 makes none; a second one on the same column only costs writes.
function indexUnlessIndexed(label: string, column: string, name: string): string {
  return `do $do$ begin
  if not exists (
    select from pg_catalog.pg_index i
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
    where i.indrelid = 'imbi.${identifier(label)}'::regclass and a.attname = '${column}' and i.indnatts = 1
  ) then
    create index "${name}" on imbi.${identifier(label)} (${column});
  end if;
end $do$`;
}
