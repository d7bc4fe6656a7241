import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isId, isSlug, newId, slugify } from './identifier.js';

describe('slugify', () => {
  it.each([
    ['Crème Brûlée & Co.', 'creme-brulee-and-co'],
    ['C++', 'c-plus-plus'],
    ['C#', 'c-sharp'],
    ['---', 'item'],
    ['日本', 'item'],
    ['AWS CloudFormation', 'aws-cloudformation'],
  ])('makes of %s the slug %s', (text, slug) => {
    expect(slugify(text)).toBe(slug);
  });

  it('always makes a slug', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => isSlug(slugify(text))));
  });

  it('leaves a slug without doubled or trailing dashes as it is', () => {
    const clean = fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}$/);
    fc.assert(fc.property(clean, (slug) => slugify(slug) === slug));
  });
});

describe('newId', () => {
  it('makes ids of the documented form that do not repeat', () => {
    const ids = Array.from({ length: 2000 }, newId);
    expect(ids.every(isId)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
