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

  it('say what is lacking', () => {
    const held = new Powers([everywhere('x:read')]);
    expect(held.lacking(new Powers([at('a', 'x:read'), at('a', 'x:write')]))).toEqual([at('a', 'x:write')]);
  });
});
