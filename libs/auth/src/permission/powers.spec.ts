import { describe, expect, it } from '@jest/globals';
import { type Power, Powers } from './powers.js';

const everywhere = (permission: string): Power => ({ organizationId: null, permission });
const at = (organizationId: string, permission: string): Power => ({ organizationId, permission });

describe('powers', () => {
  it.each([
    ['nothing by nothing', [], [], true],
    ['the same in the same place', [at('a', 'x:read')], [at('a', 'x:read')], true],
    ['one place by everywhere', [everywhere('x:read')], [at('a', 'x:read')], true],
    ['everywhere by one place', [at('a', 'x:read')], [everywhere('x:read')], false],
    ['another place', [at('a', 'x:read')], [at('b', 'x:read')], false],
    ['another permission', [everywhere('x:read')], [everywhere('x:write')], false],
    ['one of two', [everywhere('x:read')], [everywhere('x:read'), at('a', 'x:write')], false],
  ])('cover %s: %#', (_name, held, wanted, expected) => {
    expect(new Powers(held).covers(new Powers(wanted))).toBe(expected);
  });

  it('of an administrator cover everything, and are covered by an administrator only', () => {
    const admin = new Powers([], true);
    expect(admin.covers(new Powers([everywhere('x:write')]))).toBe(true);
    expect(admin.covers(admin)).toBe(true);
    expect(new Powers([everywhere('x:write')]).covers(admin)).toBe(false);
  });

  const on = (resource: string, permission: string, until: string | null = null): Power => ({
    organizationId: 'a',
    permission,
    resource,
    until,
  });

  it.each([
    ['the same grant', [on('p', 'x:read')], [on('p', 'x:read')], true],
    ['a grant by a role in its organization', [at('a', 'x:read')], [on('p', 'x:read')], true],
    ['a grant by a role everywhere', [everywhere('x:read')], [on('p', 'x:read')], true],
    ['a grant by a role elsewhere', [at('b', 'x:read')], [on('p', 'x:read')], false],
    ['a role by a grant', [on('p', 'x:read')], [at('a', 'x:read')], false],
    ['another resource', [on('p', 'x:read')], [on('q', 'x:read')], false],
    ['for ever by for a time', [on('p', 'x:read', '2030')], [on('p', 'x:read')], false],
    ['a time by for ever', [on('p', 'x:read')], [on('p', 'x:read', '2030')], true],
    ['a time by a shorter one', [on('p', 'x:read', '2029')], [on('p', 'x:read', '2030')], false],
    [
      'a time by the longest of several',
      [on('p', 'x:read', '2031'), on('p', 'x:read', '2029')],
      [on('p', 'x:read', '2030')],
      true,
    ],
  ])('of grants cover %s: %#', (_name, held, wanted, expected) => {
    expect(new Powers(held).covers(new Powers(wanted))).toBe(expected);
    expect(new Powers(held).within(new Set(['x:read'])).covers(new Powers(wanted))).toBe(expected);
    expect(new Powers(held).within(new Set()).covers(new Powers(wanted))).toBe(false);
  });

  it('say what is lacking', () => {
    const held = new Powers([everywhere('x:read')]);
    expect(held.lacking(new Powers([at('a', 'x:read'), at('a', 'x:write')]))).toEqual([at('a', 'x:write')]);
  });
});
