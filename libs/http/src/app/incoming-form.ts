import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '#libs/common';
import { Consumes } from './route-settings.js';

export const MULTIPART_MEDIA_TYPE = 'multipart/form-data';

/** The one file of a form, while it is being received. */
export interface IncomingFile {
  /** The last part of the path that the client named; to be distrusted all the same. */
  readonly filename: string;
  /** As the client states it, with parameters; empty where it does not. */
  readonly contentType: string;
  /** Fails where the client breaks off. */
  readonly content: Readable;
}

/** A multipart form that nobody has read yet. */
export interface IncomingForm {
  /** Of the whole form; undefined where the client does not say. */
  readonly contentLength: number | undefined;
  /**
   * Has `receive` read the form's file, its one part, and waits for the end of the form. Nothing is read beyond what
   * `receive` asks for.
   * @throws DomainError `malformed_form`; whatever `receive` throws
   */
  readFile<Result>(receive: (file: IncomingFile) => Promise<Result>): Promise<Result>;
}

/** Documents and takes a multipart form with a single file, in the field `file`. */
export function ConsumesFile(description: string): MethodDecorator {
  return applyDecorators(
    Consumes(MULTIPART_MEDIA_TYPE),
    ApiConsumes(MULTIPART_MEDIA_TYPE),
    ApiBody({
      required: true,
      schema: {
        type: 'object',
        description: 'A form with one file.',
        required: ['file'],
        properties: { file: { type: 'string', format: 'binary', description } },
        additionalProperties: false,
        example: { file: 'hello.txt' },
      },
    }),
  );
}

/** Gives a handler that {@link ConsumesFile} its {@link IncomingForm}. */
export const FormBody = createParamDecorator((_data: unknown, context: ExecutionContext): IncomingForm => {
  const { raw } = context.switchToHttp().getRequest<FastifyRequest>();
  const length = Number(raw.headers['content-length']);
  return {
    contentLength: Number.isSafeInteger(length) ? length : undefined,
    readFile: (receive) => readFile(raw, receive),
  };
});

async function readFile<Result>(
  request: IncomingMessage,
  receive: (file: IncomingFile) => Promise<Result>,
): Promise<Result> {
  const parser = parserFor(request);
  // Bytes that come later come from the connection, which knows nothing of the request: who calls would be forgotten.
  const receiveInContext = AsyncLocalStorage.bind(receive);
  const ending = Promise.withResolvers<void>();
  let receiving: { readonly content: Readable; readonly done: Promise<Result> } | undefined;
  const onePart = () => ending.reject(malformedForm('It must have one part, a file in the field "file".'));
  parser.on(
    'file',
    (field: string, content: Readable, filename: string | undefined, _encoding: string, contentType: string) => {
      // Without a listener an error of it would end the process.
      content.on('error', () => undefined);
      if (receiving || field !== 'file' || filename === undefined) return onePart();
      const done = receiveInContext({ filename, contentType, content });
      done.catch(ending.reject);
      receiving = { content, done };
    },
  );
  for (const event of ['field', 'fieldsLimit', 'filesLimit', 'partsLimit'] as const) parser.on(event, onePart);
  parser.on('finish', () => ending.resolve());
  parser.on('error', (error: unknown) => ending.reject(malformedForm('It breaks off, or is no form at all.', error)));
  const onClose = () => {
    if (!request.complete) ending.reject(malformedForm('The client broke off.'));
  };
  request.on('close', onClose);
  try {
    // Not `pipeline`: it would end the connection with the parser, and no answer could tell why.
    request.pipe(parser);
    await ending.promise;
    if (!receiving) throw malformedForm('It has no file.');
    return await receiving.done;
  } catch (error) {
    receiving?.content.destroy(error instanceof Error ? error : undefined);
    // Whatever it was about to do with the file, it is over when the caller hears of the failure.
    await receiving?.done.catch(() => undefined);
    throw error;
  } finally {
    request.off('close', onClose);
    request.unpipe(parser);
    parser.destroy();
    // What is still to come is read away, so that the client gets to reading the answer.
    request.resume();
  }
}

function parserFor(request: IncomingMessage): InstanceType<typeof Busboy> {
  const { headers } = request;
  const contentType = headers['content-type'];
  if (contentType === undefined) throw malformedForm('It has no Content-Type.');
  try {
    return new Busboy({
      headers: { ...headers, 'content-type': contentType },
      limits: { fields: 1, fieldSize: 0, files: 2, parts: 2, headerPairs: 20, headerSize: 16_384, fileSize: Infinity },
    });
  } catch (error) {
    throw malformedForm('Its Content-Type names no boundary.', error);
  }
}

function malformedForm(why: string, cause?: unknown): DomainError {
  return new DomainError('malformed_form', 'malformed', `The form cannot be read. ${why}`, { cause });
}
