import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty } from '@nestjs/swagger';
import { loadConfig } from '#libs/config';
import { buildOpenApiDocument, createHttpApp, lintOpenApi, Public } from '../index.js';
import { asObject, FakeAppModule } from '../testing-app.fake.js';

const INFO = {
  title: 'Notes',
  description: 'Notes.',
  version: '1.0.0',
  tags: { notes: 'Notes.', Status: 'Whether it runs.' },
  parameters: { id: { description: 'The id of the note.' }, how: { description: 'The way to fail.' } },
  schemas: {
    DependencyStatusDto: 'How a dependency is.',
    FieldErrorDto: 'One fault.',
    NoteDto: 'A note.',
    NotePageDto: 'A page of notes.',
    NoteWriteDto: 'A note as it is written.',
    OAuthErrorDto: 'What went wrong, in the words of OAuth.',
    ProblemDto: 'What went wrong.',
    ReadinessDto: 'Whether it is ready.',
    StatusDto: 'Whether it runs.',
  },
  examples: { NoteWriteDto: { title: 'Milk' }, NotePatchDto: { title: 'Tea' } },
};

function otherAnswer() {
  class Answer {
    @ApiProperty() number!: number;
  }
  return Answer;
}

async function build(module = FakeAppModule) {
  const app = await createHttpApp(module, loadConfig({}), { preview: true });
  const document = buildOpenApiDocument(app, INFO);
  await app.close();
  return document;
}

describe('the OpenAPI document', () => {
  it('is built without building any provider, and is the same every time', async () => {
    const document = await build();
    expect(document.openapi).toBe('3.1.0');
    expect(JSON.stringify(await build())).toBe(JSON.stringify(document));
    expect(Object.keys(document.paths)).toEqual([...Object.keys(document.paths)].sort());
  });

  it('passes its own lint', async () => {
    expect(lintOpenApi(await build())).toEqual([]);
  });

  it('says who may call, what can go wrong, and which headers count', async () => {
    const { paths } = await build();
    const patch = asObject(asObject(paths['/api/notes/{id}'])['patch']);
    expect(patch).toMatchObject({ operationId: 'patchNote', 'x-permission': 'note:write' });
    expect(Object.keys(asObject(patch['responses']))).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '406',
      '409',
      '412',
      '413',
      '415',
      '422',
      '429',
      '500',
      '503',
    ]);
    expect(Object.keys(asObject(asObject(patch['requestBody'])['content']))).toEqual([
      'application/merge-patch+json',
      'application/json-patch+json',
    ]);
    expect(patch['parameters']).toContainEqual({ $ref: '#/components/parameters/IfMatch' });
    const create = asObject(asObject(paths['/api/notes'])['post']);
    expect(create['parameters']).toContainEqual({ $ref: '#/components/parameters/IdempotencyKey' });
    const login = asObject(asObject(paths['/api/login'])['post']);
    expect(login).toMatchObject({ 'x-permission': 'public', security: [] });
    expect(asObject(login['responses'])).not.toHaveProperty('401');
  });

  it('describes the filters and the order of a list', async () => {
    const list = asObject(asObject((await build()).paths['/api/notes'])['get']);
    expect(list['parameters']).toContainEqual(
      expect.objectContaining({ name: 'filter[version]', style: 'deepObject', explode: true }),
    );
    expect(list['parameters']).toContainEqual(
      expect.objectContaining({ name: 'sort', description: expect.stringContaining('`title`') }),
    );
  });

  it('refuses two operations of one name', async () => {
    @Controller('others')
    class OthersController {
      @Get() @Public() getNote() {}
    }
    @Module({ imports: [FakeAppModule], controllers: [OthersController] })
    class OthersModule {}
    await expect(build(OthersModule)).rejects.toThrow('Two operations are called getNote');
  });

  it('refuses two schemas of one name', async () => {
    class Answer {
      @ApiProperty() text!: string;
    }
    const Other = otherAnswer();
    @Controller('answers')
    class AnswersController {
      @Get('one') @Public() @ApiOkResponse({ type: Answer }) getOne() {}
      @Get('other') @Public() @ApiOkResponse({ type: Other }) getOther() {}
    }
    @Module({ imports: [FakeAppModule], controllers: [AnswersController] })
    class AnswersModule {}
    await expect(build(AnswersModule)).rejects.toThrow('Duplicate DTO detected: "Answer"');
  });
});

describe('the lint', () => {
  it('finds what is missing', async () => {
    @Controller('bare')
    class BareController {
      @Get()
      @Public()
      @ApiOperation({ summary: 'List' })
      @ApiOkResponse({ description: 'All.', schema: { type: 'array', items: { type: 'string' } } })
      listBare() {}
    }
    @Module({ controllers: [BareController] })
    class BareModule {}
    const faults = lintOpenApi(await build(BareModule)).filter((fault) => fault.includes('/api/bare'));
    expect(faults).toEqual([
      'GET /api/bare: has no description',
      'GET /api/bare: has the undescribed tag Bare',
      'GET /api/bare: answers with a bare array; a list is a page',
    ]);
  });
});
