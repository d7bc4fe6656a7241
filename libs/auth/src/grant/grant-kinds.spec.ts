import { describe, expect, it } from '@jest/globals';
import { GRANT_KINDS, type GrantKind, openedBy, sufficientActions } from './grant-kinds.js';

const [project] = GRANT_KINDS;
const WITH_PARTS: GrantKind = { name: 'shelf', label: 'Shelf', by: 'id', resources: ['shelf', 'book'] };

describe('what a grant opens', () => {
  it.each([
    ['read', ['project:read']],
    ['write', ['project:write']],
    ['delete', ['project:delete']],
    ['admin', ['project:read', 'project:write', 'project:delete', 'project:grant']],
  ])('%s on a project: %j', (action, expected) => {
    expect(openedBy(project, [action])).toEqual(expected);
  });

  it.each([
    ['shelf:read', ['read', 'admin']],
    ['shelf:create', []],
    ['shelf:grant', ['admin']],
    ['book:create', ['write', 'admin']],
    ['book:delete', ['delete', 'admin']],
    ['team:read', []],
    ['plugins:shelf:read', []],
  ])('%s is opened by %j on a resource that has parts', (permission, expected) => {
    expect(sufficientActions(WITH_PARTS, permission)).toEqual(expected);
  });
});
