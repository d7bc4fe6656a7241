import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Paged, PageQueryDto, RequirePermission } from '#libs/http';
import { EmailPreviewDto, FailedEmailPageDto, RetriedEmailsDto } from './email.dto.js';
import { FAILED_EMAIL_LIST, FailedEmails } from './failed-emails.service.js';

@ApiTags('Mail')
@Controller('admin/email')
export class EmailController {
  constructor(private readonly emails: FailedEmails) {}

  /**
   * Shows a mail with sample data.
   *
   * @remarks As HTML and as text, as it would be sent. 404 where there is no such template.
   */
  @Get('preview/:template')
  @RequirePermission('email:read')
  previewEmail(@Param('template') template: string): EmailPreviewDto {
    return this.emails.preview(template);
  }

  /**
   * Lists the mails that could not be delivered.
   *
   * @remarks The newest first. What was in them is not shown: it may be a link that lets somebody in.
   */
  @Get('failed')
  @RequirePermission('email:read')
  @Paged(FAILED_EMAIL_LIST)
  listFailedEmails(@Query() query: PageQueryDto): Promise<FailedEmailPageDto> {
    return this.emails.list(query);
  }

  /**
   * Sends every failed mail again.
   *
   * @remarks Those whose link has run out stay where they are.
   */
  @Post('failed/retry-all')
  @HttpCode(200)
  @RequirePermission('email:write')
  retryAllFailedEmails(): Promise<RetriedEmailsDto> {
    return this.emails.retryAll();
  }

  /**
   * Sends a failed mail again.
   *
   * @remarks With all its attempts, and the same Message-ID. 409 `email_expired` where its link has run out.
   */
  @Post('failed/:id/retry')
  @HttpCode(204)
  @RequirePermission('email:write')
  retryFailedEmail(@Param('id') id: string): Promise<void> {
    return this.emails.retry(id);
  }

  /**
   * Gives a failed mail up.
   *
   * @remarks It is forgotten; the audit table still knows that it failed.
   */
  @Delete('failed/:id')
  @HttpCode(204)
  @RequirePermission('email:write')
  deleteFailedEmail(@Param('id') id: string): Promise<void> {
    return this.emails.remove(id);
  }
}
