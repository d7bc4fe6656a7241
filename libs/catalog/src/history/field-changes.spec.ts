import { describe, expect, it } from '@jest/globals';
import { fieldChanges } from './field-changes.js';

describe('the changes of fields between two states', () => {
  it('are one for each member that differs, by name', () => {
    expect(fieldChanges({ name: 'Old', icon: 'a', slug: 'same' }, { name: 'New', icon: null, slug: 'same' })).toEqual([
      { pointer: '/icon', before: 'a', after: null },
      { pointer: '/name', before: 'Old', after: 'New' },
    ]);
  });

  it('look into maps, but take a list for one value', () => {
    const before = { links: { a: '1', b: '2' }, list: [1, 2] };
    const after = { links: { b: '3', 'c/d': '4' }, list: [1] };
    expect(fieldChanges(before, after)).toEqual([
      { pointer: '/links/a', before: '1', after: null },
      { pointer: '/links/b', before: '2', after: '3' },
      { pointer: '/links/c~1d', before: null, after: '4' },
      { pointer: '/list', before: [1, 2], after: [1] },
    ]);
  });

  it('look into maps that came or went as a whole', () => {
    const attributes = { tier: 1, owner: { name: 'Ada' } };
    expect(fieldChanges({}, { attributes, links: {} })).toEqual([
      { pointer: '/attributes/owner/name', before: null, after: 'Ada' },
      { pointer: '/attributes/tier', before: null, after: 1 },
      { pointer: '/links', before: null, after: {} },
    ]);
    expect(fieldChanges({ attributes, identifiers: { jira: 'A' } }, { attributes: null, identifiers: {} })).toEqual([
      { pointer: '/attributes/owner/name', before: 'Ada', after: null },
      { pointer: '/attributes/tier', before: 1, after: null },
      { pointer: '/identifiers/jira', before: 'A', after: null },
    ]);
  });

  it('leave out what changes with every write, unless it is a member of a map', () => {
    const before = { version: 1, updated_at: 'a', attributes: { version: 1 } };
    const after = { version: 2, updated_at: 'b', attributes: { version: 2 } };
    expect(fieldChanges(before, after)).toEqual([{ pointer: '/attributes/version', before: 1, after: 2 }]);
  });

  it('do not depend on the order of members', () => {
    expect(fieldChanges({ list: [{ a: 1, b: 2 }] }, { list: [{ b: 2, a: 1 }] })).toEqual([]);
  });
});
