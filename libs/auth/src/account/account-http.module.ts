import { Module } from '@nestjs/common';
import { AuthModule } from '../auth.module.js';
import { OAuthHttpModule } from '../oauth/oauth-http.module.js';
import { AccountController, InvitationsController } from './account.controller.js';
import { AccountAnswers } from './account-answers.service.js';
import { AccountLinks } from './account-links.service.js';
import { AccountRequests } from './account-requests.service.js';
import { AccountTokens } from './account-tokens.repository.js';

/** What needs a mail: forgotten passwords, addresses to be confirmed, invitations. Needs `AccountMails`, globally. */
@Module({
  imports: [AuthModule, OAuthHttpModule],
  controllers: [AccountController, InvitationsController],
  providers: [AccountTokens, AccountLinks, AccountRequests, AccountAnswers],
})
export class AccountHttpModule {}
