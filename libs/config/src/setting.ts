/** One environment variable: how it reads, what it may hold, and the words of its documentation. */
export interface Setting<Value> {
  readonly env: string;
  readonly description: string;
  readonly type: string;
  readonly unit?: string;
  readonly example: string;
  readonly defaultText: string;
  readonly secret: boolean;
  /** Returns the value, or throws a SettingProblem that says what is wrong in words. */
  parse(text: string | undefined): Value;
}

export class SettingProblem extends Error {}

interface Base {
  env: string;
  description: string;
  example?: string;
}
interface Bounds {
  min?: number;
  max?: number;
  unit?: string;
}
type WithDefault<Value> = Base & { default: Value; optional?: never };
type Optional = Base & { optional: true; default?: never };
type Mandatory = Base & { default?: never; optional?: never };
type Options<Value> = WithDefault<Value> | Optional | Mandatory;
type ValueFor<Value, Given> = Given extends { optional: true } ? Value | undefined : Value;

interface Kind<Value> {
  type: string;
  example: string;
  read(text: string): Value;
  show?(value: Value): string;
  unit?: string;
  secret?: boolean;
}

function build<Value, Given extends Options<Value>>(given: Given, kind: Kind<Value>): Setting<ValueFor<Value, Given>> {
  const { default: fallback } = given;
  const show = kind.show ?? String;
  const parse = (text: string | undefined): Value | undefined => {
    if (text !== undefined && text !== '') return kind.read(text);
    if (fallback !== undefined || given.optional) return fallback;
    throw new SettingProblem('is required');
  };
  return {
    env: given.env,
    description: given.description,
    type: kind.type,
    unit: kind.unit,
    example: given.example ?? kind.example,
    defaultText: fallback !== undefined ? show(fallback) : given.optional ? 'not set' : 'required',
    secret: kind.secret ?? false,
    // The two branches of ValueFor cannot be told apart by the compiler once `Given` is generic.
    parse: parse as (text: string | undefined) => ValueFor<Value, Given>,
  };
}

function bounded(text: string, number: number, bounds: Bounds): number {
  if (bounds.min !== undefined && number < bounds.min) throw new SettingProblem(`"${text}" is below ${bounds.min}`);
  if (bounds.max !== undefined && number > bounds.max) throw new SettingProblem(`"${text}" is above ${bounds.max}`);
  return number;
}

function range(bounds: Bounds): string {
  if (bounds.min === undefined && bounds.max === undefined) return '';
  return ` ${bounds.min ?? '−∞'}…${bounds.max ?? '∞'}`;
}

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text);
  const factor = DURATION_UNITS[match?.[2] ?? 's'];
  if (!match || factor === undefined)
    throw new SettingProblem(`"${text}" is not a duration such as 90s, 5m, 24h or 30d`);
  return Number(match[1]) * factor;
}

/** Settings by kind; each takes the variable's name, its description and a default (or `optional: true`). */
export const setting = {
  text<const Given extends Options<string>>(given: Given & { pattern?: RegExp }) {
    return build<string, Given>(given, {
      type: 'text',
      example: 'text',
      read: (text) => {
        if (given.pattern && !given.pattern.test(text))
          throw new SettingProblem(`"${text}" does not match ${given.pattern}`);
        return text;
      },
    });
  },
  /** Like text, but never shown: not in errors, not in logs, not by `imbi doctor`. */
  secret<const Given extends Options<string>>(given: Given & { minLength?: number }) {
    return build<string, Given>(given, {
      type: 'secret',
      example: '…',
      secret: true,
      read: (text) => {
        if (text.length < (given.minLength ?? 1))
          throw new SettingProblem(`is shorter than ${given.minLength} characters`);
        return text;
      },
    });
  },
  url<const Given extends Options<string>>(given: Given & { protocols: readonly string[] }) {
    return build<string, Given>(given, {
      type: `URL (${given.protocols.join(', ')})`,
      example: `${given.protocols[0]}://localhost`,
      // A URL may carry a password, so a bad one is not quoted.
      read: (text) => {
        const url = URL.canParse(text) ? new URL(text) : undefined;
        if (!url || !given.protocols.includes(url.protocol.slice(0, -1))) {
          throw new SettingProblem(
            `is not a URL starting with ${given.protocols.map((name) => `${name}://`).join(' or ')}`,
          );
        }
        return text;
      },
    });
  },
  integer<const Given extends Options<number>>(given: Given & Bounds) {
    return build<number, Given>(given, {
      type: `integer${range(given)}`,
      unit: given.unit,
      example: String(given.default ?? given.min ?? 10),
      read: (text) => {
        if (!/^-?\d+$/.test(text)) throw new SettingProblem(`"${text}" is not a whole number`);
        return bounded(text, Number(text), given);
      },
    });
  },
  boolean<const Given extends Options<boolean>>(given: Given) {
    return build<boolean, Given>(given, {
      type: 'true | false',
      example: 'true',
      read: (text) => {
        if (/^(true|1|yes|on)$/i.test(text)) return true;
        if (/^(false|0|no|off)$/i.test(text)) return false;
        throw new SettingProblem(`"${text}" is neither true nor false`);
      },
    });
  },
  oneOf<const Choice extends string, const Given extends Options<NoInfer<Choice>>>(
    choices: readonly Choice[],
    given: Given,
  ) {
    return build<Choice, Given>(given, {
      type: choices.join(' | '),
      example: choices[0] ?? '',
      read: (text) => {
        const choice = choices.find((candidate) => candidate === text);
        if (choice === undefined) throw new SettingProblem(`"${text}" is none of ${choices.join(', ')}`);
        return choice;
      },
    });
  },
  /** Comma-separated texts. */
  list<const Given extends Options<readonly string[]>>(given: Given) {
    return build<readonly string[], Given>(given, {
      type: 'comma-separated list',
      example: 'a,b',
      show: (value) => (value.length === 0 ? 'empty' : value.join(',')),
      read: (text) =>
        text
          .split(',')
          .map((item) => item.trim())
          .filter((item) => item !== ''),
    });
  },
  /** A duration such as `90s`, `5m`, `24h`, `30d` (bare numbers are seconds); the value is in seconds. */
  duration<const Given extends Options<number>>(given: Given & Bounds) {
    return build<number, Given>(given, {
      type: `duration${range(given)}`,
      unit: 'seconds',
      example: '5m',
      show: (value) => `${value}s`,
      read: (text) => bounded(text, parseDuration(text), given),
    });
  },
};

/** A named group of settings: `config.<name>.<key>`. */
export interface Section<Name extends string, Settings extends Record<string, Setting<unknown>>> {
  readonly name: Name;
  readonly title: string;
  readonly settings: Settings;
}

export function section<const Name extends string, Settings extends Record<string, Setting<unknown>>>(
  name: Name,
  title: string,
  settings: Settings,
): Section<Name, Settings> {
  return { name, title, settings };
}

export type SectionValues<Of> =
  Of extends Section<string, infer Settings>
    ? { readonly [Key in keyof Settings]: Settings[Key] extends Setting<infer Value> ? Value : never }
    : never;
