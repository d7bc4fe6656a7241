import { describe, expect, it } from '@jest/globals';
import { presentedClient } from './client-secret.js';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const CODE = expect.objectContaining({ code: 'invalid_client' });

describe('the client of a request', () => {
  it.each([
    ['HTTP Basic', basic('ic_1:is_2'), {}],
    ['HTTP Basic, with its id in the form too', basic('ic_1:is_2'), { client_id: 'ic_1' }],
    ['HTTP Basic, percent-encoded as it must be', basic('ic%5F1:is%5f2'), {}],
    ['HTTP Basic, with an empty secret in the form', basic('ic_1:is_2'), { client_secret: '' }],
    ['HTTP Basic, in whatever case', basic('ic_1:is_2').replace('Basic', 'bASIC'), {}],
    ['the form', undefined, { client_id: 'ic_1', client_secret: 'is_2' }],
  ])('is read from %s', (_name, header, form) => {
    expect(presentedClient(header, form)).toEqual({ clientId: 'ic_1', secret: 'is_2' });
  });

  it('may have any character in its id and secret', () => {
    expect(presentedClient(basic('a%3Ab+c:%C3%A9%25'), {})).toEqual({ clientId: 'a:b c', secret: 'é%' });
  });

  it.each([
    ['nothing', undefined, {}],
    ['no secret', undefined, { client_id: 'ic_1' }],
    ['no id', undefined, { client_secret: 'is_2' }],
    ['another scheme', 'Bearer abc', {}],
    ['no base64', 'Basic %%%', {}],
    ['no colon', basic('ic_1'), {}],
    ['a colon too many', basic('ic_1:is:2'), {}],
    ['a bad escape', basic('ic_1:%zz'), {}],
    ['an empty secret', basic('ic_1:'), {}],
  ])('is refused with %s', (_name, header, form) => {
    expect(() => presentedClient(header, form)).toThrow(CODE);
  });

  it.each([
    ['its secret in both places', basic('ic_1:is_2'), { client_secret: 'is_2' }],
    ['another id in the form', basic('ic_1:is_2'), { client_id: 'ic_2' }],
  ])('is no request with %s', (_name, header, form) => {
    expect(() => presentedClient(header, form)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });
});
