import { Global, Module } from '@nestjs/common';
import { AccountMails } from '#libs/auth';
import { AccountEmails } from './account/account-emails.js';
import { EmailSender } from './sending/email-sender.js';
import { SendLedger } from './sending/send-ledger.js';

/** Lets any part of the product send a mail in its own transaction. */
@Global()
@Module({
  providers: [SendLedger, EmailSender, { provide: AccountMails, useClass: AccountEmails }],
  exports: [SendLedger, EmailSender, AccountMails],
})
export class EmailModule {}
