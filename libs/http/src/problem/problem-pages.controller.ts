import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { notFound } from '#libs/common';
import { Public } from '../access/access.decorator.js';
import { problemPage } from './problem-pages.js';

@ApiExcludeController()
@Controller('docs/errors')
export class ProblemPagesController {
  @Get(':code')
  @Public()
  @Header('content-type', 'text/html; charset=utf-8')
  getProblemPage(@Param('code') code: string): string {
    return findPage(code);
  }
}

function findPage(code: string): string {
  const page = problemPage(code);
  if (page === undefined) throw notFound('The problem');
  return page;
}
