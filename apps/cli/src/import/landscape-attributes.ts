import type { PlannedBlueprint } from './import-plan.js';

const MATURITIES = ['sandbox', 'incubating', 'graduated', 'archived'];
/** Days on which a project came to where it is, in the order in which it does. */
const DAYS: Readonly<Record<string, string>> = {
  accepted: 'When the foundation accepted it.',
  incubating: 'When it became incubating.',
  graduated: 'When it graduated.',
  archived: 'When it was archived.',
  joined: 'When the organization became a member.',
  annual_review_date: 'When it was last reviewed.',
};

/** What a landscape says of its projects that others do not. */
export const LANDSCAPE_BLUEPRINT: PlannedBlueprint = {
  slug: 'landscape',
  name: 'Landscape',
  description: 'Where a project stands in its foundation, as its landscape file says.',
  properties: {
    maturity: { type: 'string', enum: MATURITIES, description: 'How far the project is.', 'x-index': true },
    ...Object.fromEntries(
      Object.entries(DAYS).map(([name, description]) => [name, { type: 'string', format: 'date', description }]),
    ),
  },
};

/** The attributes in the fields of an item, and what is none of them, in words. */
export function landscapeAttributes(fields: Readonly<Record<string, unknown>>) {
  const attributes: Record<string, string> = {};
  const faults: string[] = [];
  for (const name of Object.keys(LANDSCAPE_BLUEPRINT.properties)) {
    const value = fields[name];
    if (value === undefined || value === null || value === '') continue;
    if (typeof value === 'string' && isAllowed(name, value)) attributes[name] = value;
    else
      faults.push(
        `${name} "${String(value)}" is not ${name === 'maturity' ? `one of ${MATURITIES.join(', ')}` : 'a day'}`,
      );
  }
  return { attributes, faults };
}

function isAllowed(name: string, value: string): boolean {
  if (name === 'maturity') return MATURITIES.includes(value);
  const time = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  // Date takes the 31st of a shorter month for the 1st of the next.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}
