import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely';
import type { JsonValue } from '#libs/common';
import type { BoundStatement } from '#libs/database';
import { encodeAgtype } from './agtype.js';
import type { Definition } from './definition.js';
import type { Sql } from './sql.js';

/** Where a value will stand, or a list of them. */
class Slot<Name extends string> {
  constructor(
    readonly name: Name,
    readonly isList: boolean,
  ) {}
}

const compiler = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/**
 * A statement that is built once and then only given values: for the reads that every request makes, where composing
 * and compiling the same text anew costs as much as everything else about them.
 * @example
 * const BY_ID = new FixedStatement<TeamRow, 'id'>((value) => sql`select … where ${equal(idOf('t'), value('id'))}`);
 * const rows = await graph.read.run(BY_ID.with({ id }));
 */
export class FixedStatement<Row, Name extends string> {
  private compiled: { readonly sql: string; readonly parameters: readonly unknown[] } | undefined;

  /**
   * @param build composes the statement; `value` is an agtype parameter, as `encode` makes it of a known value, and
   * `list` one of agtype[], as `encodeList` does
   */
  constructor(private readonly build: (value: (name: Name) => Sql, list: (name: Name) => Sql) => Sql<Row>) {}

  with(values: Readonly<Record<Name, JsonValue>>): BoundStatement<Row> {
    this.compiled ??= this.build(
      (name) => sql`${new Slot(name, false)}::ag_catalog.agtype`,
      (name) => sql`${new Slot(name, true)}::ag_catalog.agtype[]`,
    ).compile(compiler);
    const parameters = this.compiled.parameters.map((parameter) =>
      parameter instanceof Slot ? encodeSlot(parameter, values[parameter.name as Name]) : parameter,
    );
    return { sql: this.compiled.sql, parameters };
  }
}

/**
 * Fixed statements of each definition: `build` composes the one of a definition and a variant, at its first use.
 * @returns gives the statement of a definition and a variant, such as `with version`
 */
export function fixedStatements<Row, Name extends string, Variant extends string = ''>(
  build: (definition: Definition, variant: Variant, value: SlotOf<Name>, list: SlotOf<Name>) => Sql<Row>,
): (definition: Definition, variant: Variant) => FixedStatement<Row, Name> {
  const built = new WeakMap<Definition, Map<Variant, FixedStatement<Row, Name>>>();
  return (definition, variant) => {
    const variants = built.get(definition) ?? new Map<Variant, FixedStatement<Row, Name>>();
    built.set(definition, variants);
    let statement = variants.get(variant);
    if (!statement) {
      statement = new FixedStatement((value, list) => build(definition, variant, value, list));
      variants.set(variant, statement);
    }
    return statement;
  };
}

type SlotOf<Name extends string> = (name: Name) => Sql;

function encodeSlot({ name, isList }: Slot<string>, value: JsonValue): string | string[] {
  if (!isList) return encodeAgtype(value);
  if (!Array.isArray(value)) throw new Error(`"${name}" must be given as a list.`);
  return value.map(encodeAgtype);
}

/** A part of statements that has no parameters, compiled once instead of with each of them. */
export function constant(part: Sql): Sql {
  const { sql: text, parameters } = part.compile(compiler);
  if (parameters.length > 0) throw new Error('a constant part of a statement has no parameters');
  return sql.raw(text);
}

export function isBound<Row>(statement: Sql<Row> | BoundStatement<Row>): statement is BoundStatement<Row> {
  return 'sql' in statement;
}
