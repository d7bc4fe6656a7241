import type { CanActivate, ExecutionContext } from '@nestjs/common';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpException,
  Module,
  Param,
  Patch,
  Post,
  Put,
  Query,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { IsOptional, IsString, Length } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { DomainError, isJsonObject, notFound, requestContext, sleep } from '#libs/common';
import { Authenticated, accessRuleOf, Public, RequirePermission } from './access/access.decorator.js';
import { Consumes } from './app/route-settings.js';
import { REQUEST_AUTHENTICATOR, type RequestAuthenticator } from './app/unknown-routes.js';
import { NoIdempotencyStore, SecretAnswer } from './idempotency/idempotency.js';
import { type Page, PageOf, PageQueryDto } from './list/page.dto.js';
import { Paged } from './list/paged.decorator.js';
import { type ListDefinition, Pages } from './list/pages.js';
import { applyPatch, type PatchDocument } from './patch/apply-patch.js';
import { PatchBody, Patches } from './patch/patch-body.decorator.js';
import { RateLimit } from './rate-limit/rate-limit.decorator.js';
import { validateDocument } from './validation/document-validator.js';
import { IfMatch, Location, VersionedResponse } from './versioning/versioning.decorator.js';

/** A small product over the HTTP base: notes in memory, and a route for every way to fail. */

class NoteWriteDto {
  @ApiProperty({ description: 'The title.', example: 'Milk' })
  @IsString()
  @Length(1, 20)
  title!: string;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'The text.' })
  @IsOptional()
  @IsString()
  text?: string | null;
}

class NoteDto extends NoteWriteDto {
  @ApiProperty({ description: 'The id.' })
  id!: string;

  @ApiProperty({ description: 'The version.', type: 'integer' })
  version!: number;
}

class NotePageDto extends PageOf(NoteDto) {}

const NOTE_LIST: ListDefinition = {
  sortable: ['title'],
  defaultSort: 'title',
  filterable: { title: { type: 'text' }, version: { type: 'integer' } },
};

const notes = new Map<string, NoteDto>();
let created = 0;

export function resetNotes(count: number): void {
  notes.clear();
  created = 0;
  for (let number = 1; number <= count; number += 1) {
    const id = `n${number}`;
    notes.set(id, { id, version: 1, title: `Note ${String(number).padStart(3, '0')}` });
  }
}

export function notesCreated(): number {
  return created;
}

function find(id: string): NoteDto {
  const note = notes.get(id);
  if (!note) throw notFound('The note');
  return note;
}

function write(note: NoteDto, expected: number | undefined, fields: NoteWriteDto): NoteDto {
  if (expected !== undefined && expected !== note.version) {
    throw new DomainError('precondition_failed', 'precondition_failed', 'The note has changed since.');
  }
  const next: NoteDto = { id: note.id, version: note.version + 1, title: fields.title, text: fields.text };
  notes.set(note.id, next);
  return next;
}

@ApiTags('notes')
@Controller('notes')
class NotesController {
  constructor(private readonly pages: Pages) {}

  @Get()
  @RequirePermission('note:read')
  @Paged(NOTE_LIST)
  @ApiOperation({ summary: 'List notes', description: 'A page of notes.' })
  @ApiOkResponse({ type: NotePageDto, description: 'A page of notes.' })
  listNotes(@Query() query: PageQueryDto): Page<NoteDto> {
    const request = this.pages.read('notes', query, NOTE_LIST);
    const [after] = request.after ?? [];
    const rows = [...notes.values()]
      .filter((note) => after === undefined || note.title > String(after))
      .slice(0, request.limit + 1);
    return this.pages.answer(request, rows, {
      item: (note) => note,
      position: (note) => [note.title, note.id],
      total: request.count ? notes.size : undefined,
    });
  }

  @Post()
  @RequirePermission('note:write')
  @VersionedResponse()
  @Location('/api/notes/{id}')
  @ApiOperation({ summary: 'Create a note', description: 'Creates a note.' })
  @ApiCreatedResponse({ type: NoteDto, description: 'The note.' })
  async createNote(@Body() body: NoteWriteDto): Promise<NoteDto> {
    await sleep(body.title === 'slow' ? 300 : 0);
    if (body.title === 'broken') throw new Error('secret internals');
    created += 1;
    const note: NoteDto = { id: `c${created}`, version: 1, title: body.title, text: body.text };
    notes.set(note.id, note);
    return note;
  }

  @Post('secret')
  @RequirePermission('note:write')
  @SecretAnswer()
  @ApiOperation({ summary: 'Create a secret note', description: 'Its answer is shown once.' })
  @ApiCreatedResponse({ type: NoteDto, description: 'The note.' })
  createSecretNote(@Body() body: NoteWriteDto): NoteDto {
    created += 1;
    return { id: 'secret', version: 1, title: body.title };
  }

  @Get(':id')
  @RequirePermission('note:read')
  @VersionedResponse()
  @ApiOperation({ summary: 'Get a note', description: 'One note.' })
  @ApiOkResponse({ type: NoteDto, description: 'The note.' })
  getNote(@Param('id') id: string): NoteDto {
    return find(id);
  }

  @Put(':id')
  @RequirePermission('note:write')
  @VersionedResponse()
  @ApiOperation({ summary: 'Replace a note', description: 'Replaces a note.' })
  @ApiOkResponse({ type: NoteDto, description: 'The note.' })
  replaceNote(@Param('id') id: string, @IfMatch() expected: number | undefined, @Body() body: NoteWriteDto): NoteDto {
    return write(find(id), expected, body);
  }

  @Patch(':id')
  @RequirePermission('note:write')
  @VersionedResponse()
  @Patches(NoteWriteDto)
  @ApiOperation({ summary: 'Patch a note', description: 'Patches a note.' })
  @ApiOkResponse({ type: NoteDto, description: 'The note.' })
  async patchNote(
    @Param('id') id: string,
    @IfMatch() expected: number | undefined,
    @PatchBody() patch: PatchDocument,
  ): Promise<NoteDto> {
    const note = find(id);
    const { id: _id, version: _version, ...fields } = applyPatch(patch, { text: null, ...note });
    return write(note, expected, await validateDocument(NoteWriteDto, fields));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('note:delete')
  @ApiOperation({ summary: 'Delete a note', description: 'Deletes a note.' })
  @ApiNoContentResponse({ description: 'It is gone.' })
  deleteNote(@Param('id') id: string): void {
    notes.delete(find(id).id);
  }
}

@ApiTags('notes')
@Controller()
class OddController {
  @Post('login')
  @Public()
  @HttpCode(200)
  @NoIdempotencyStore()
  @RateLimit('login')
  @ApiOperation({ summary: 'Sign in', description: 'Signs in.' })
  @ApiOkResponse({ type: NoteDto, description: 'The note.' })
  logIn(@Body() body: NoteWriteDto): NoteDto {
    return { id: body.title, version: 1, title: body.title };
  }

  @Post('form')
  @Public()
  @Consumes('application/x-www-form-urlencoded')
  @ApiOperation({ summary: 'Take a form', description: 'Takes a form.' })
  @ApiOkResponse({ type: NoteDto, description: 'The note.' })
  takeForm(@Body() body: NoteWriteDto): object {
    return body;
  }

  @Get('context')
  @Authenticated()
  @ApiOperation({ summary: 'Show the context', description: 'Shows the context.' })
  @ApiOkResponse({ type: NoteDto, description: 'The note.' })
  async getContext(): Promise<object> {
    await sleep(1);
    return { ...requestContext.current() };
  }

  @Post('context')
  @Authenticated()
  @ApiOperation({ summary: 'Show the context', description: 'Shows the context.' })
  @ApiCreatedResponse({ type: NoteDto, description: 'The note.' })
  async postContext(@Body() _body: NoteWriteDto): Promise<object> {
    await sleep(1);
    return { ...requestContext.current() };
  }

  @Get('fail/:how')
  @Public()
  @ApiOperation({ summary: 'Fail', description: 'Fails.' })
  @ApiOkResponse({ type: NoteDto, description: 'Never.' })
  fail(@Param('how') how: string): never {
    throw FAILURES[how] ?? notFound('The failure');
  }
}

const FAILURES: Readonly<Record<string, unknown>> = {
  unknown: new Error('select password from users'),
  thrown: 'not even an error',
  unreachable: Object.assign(new Error('connect ECONNREFUSED 10.0.0.9:5432'), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
  }),
  file: Object.assign(new Error("ENOENT: no such file '/etc/secret'"), { code: 'ENOENT', syscall: 'open' }),
  teapot: new HttpException('I am a teapot', 418),
  conflict: new DomainError('slug_taken', 'conflict', 'The slug is taken.', { details: { slug: 'x' } }),
  limited: new DomainError('rate_limited', 'rate_limited', 'Slow down.', { retryAfterSeconds: 7.2 }),
};

/** Believes whatever the Authorization header says: `Bearer <name> [permission…]`. */
class NaiveAuthenticator implements RequestAuthenticator, CanActivate {
  async authenticate(request: FastifyRequest): Promise<void> {
    const [, name] = request.headers.authorization?.split(' ') ?? [];
    if (!name) throw new DomainError('unauthenticated', 'unauthenticated', 'Sign in first.');
    if (request.imbiContext) request.imbiContext.actor = { kind: 'user', id: name, name };
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = accessRuleOf(context.getHandler(), context.getClass());
    if (rule.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    await this.authenticate(request);
    if (rule.kind === 'authenticated') return true;
    const permissions = request.headers.authorization?.split(' ').slice(2) ?? [];
    return permissions.length === 0 || permissions.includes(rule.permission);
  }
}

export const FAKE_CONTROLLERS = [NotesController, OddController];

@Module({
  controllers: FAKE_CONTROLLERS,
  providers: [
    { provide: REQUEST_AUTHENTICATOR, useClass: NaiveAuthenticator },
    { provide: APP_GUARD, useExisting: REQUEST_AUTHENTICATOR },
  ],
})
export class FakeAppModule {}

export function asObject(value: unknown): Record<string, unknown> {
  return isJsonObject(value) ? value : {};
}
