import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ANONYMOUS_ACTOR, isJsonObject, requestContext, SYSTEM_ACTOR } from '#libs/common';
import { seal, unseal } from './envelope.js';

describe('the envelope of a payload', () => {
  it('carries the actor, the request and the organization', () => {
    const actor = { kind: 'service_account', id: 's1', name: 'deployer' } as const;
    const context = { requestId: 'r1', actor, organizationId: 'o1', ip: '10.0.0.1' };
    const sealed = requestContext.run(context, () => seal({ id: 'p1' }));
    expect(unseal(JSON.parse(JSON.stringify(sealed)))).toEqual({
      data: { id: 'p1' },
      context: { requestId: 'r1', actor, organizationId: 'o1' },
    });
  });

  it('is the system’s outside any request', () => {
    const { context } = unseal(seal({}));
    expect(context.actor).toEqual(SYSTEM_ACTOR);
    expect(context.requestId).toHaveLength(21);
  });

  it('can be read whatever is in it, and never makes an actor up', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { data, context } = unseal(value);
        expect(isJsonObject(data)).toBe(true);
        expect(context.requestId).not.toBe('');
      }),
    );
    expect(unseal({ actor: { kind: 'root', id: 'x' } }).context.actor).toEqual(SYSTEM_ACTOR);
    expect(unseal({ actor: ANONYMOUS_ACTOR }).context.actor.kind).toBe('anonymous');
  });
});
