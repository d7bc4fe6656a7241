import type { FastifyInstance } from 'fastify';
import { assertSafeJson, DomainError } from '#libs/common';
import { JSON_PATCH_MEDIA_TYPE, MERGE_PATCH_MEDIA_TYPE } from '../patch/apply-patch.js';
import { MULTIPART_MEDIA_TYPE } from './incoming-form.js';

export const JSON_MEDIA_TYPE = 'application/json';
export const FORM_MEDIA_TYPE = 'application/x-www-form-urlencoded';

/**
 * Reads JSON, both patch types, and forms (which only routes that `@Consumes` them ever see). Forms with files are left
 * for the handler to read: they are larger than memory should be.
 */
export function installBodyParsers(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    [JSON_MEDIA_TYPE, MERGE_PATCH_MEDIA_TYPE, JSON_PATCH_MEDIA_TYPE],
    { parseAs: 'string' },
    (_request, body, done) => {
      try {
        done(null, parseJson(body.toString()));
      } catch (error) {
        done(error instanceof Error ? error : new Error('The body could not be read.'));
      }
    },
  );
  fastify.addContentTypeParser(MULTIPART_MEDIA_TYPE, (_request, _payload, done) => done(null));
  fastify.addContentTypeParser(FORM_MEDIA_TYPE, { parseAs: 'string' }, (_request, body, done) => {
    try {
      const form = parseForm(body.toString());
      assertSafeJson(form);
      done(null, form);
    } catch (error) {
      done(error instanceof Error ? error : new Error('The form could not be read.'));
    }
  });
}

/** @throws DomainError `malformed_request` where a field is there twice: which of them is meant nobody can tell */
function parseForm(text: string): Record<string, string> {
  const fields = [...new URLSearchParams(text)];
  const form = Object.fromEntries(fields);
  if (Object.keys(form).length === fields.length) return form;
  throw new DomainError('malformed_request', 'malformed', 'A field of the form was sent twice.');
}

/** @throws DomainError `malformed_json`, `unsafe_json` (400); an empty text is no body at all */
export function parseJson(text: string): unknown {
  if (text === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformedJson(error);
  }
  assertSafeJson(value);
  return value;
}

function malformedJson(error: unknown): DomainError {
  // The engine's own message quotes the body, which may hold a password.
  const position = error instanceof Error ? /at position \d+/.exec(error.message)?.[0] : undefined;
  const message = `The body is not valid JSON${position ? ` (${position})` : ''}.`;
  return new DomainError('malformed_json', 'malformed', message);
}
