import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { NoIdempotencyStore, Public, RateLimit, RequirePermission } from '#libs/http';
import {
  AcceptInvitationDto,
  ForgotPasswordDto,
  MailRequestedDto,
  ResendVerificationDto,
  ResetPasswordDto,
  VerifyEmailDto,
} from './account.dto.js';
import { AccountAnswers } from './account-answers.service.js';
import { AccountRequests } from './account-requests.service.js';

@ApiTags('Authentication')
@Controller('auth')
export class AccountController {
  constructor(
    private readonly requests: AccountRequests,
    private readonly answers: AccountAnswers,
  ) {}

  /**
   * Has a link mailed that sets a new password.
   *
   * @remarks Always 202 and always as fast, whether there is such an account or not. The link works once and for a day;
   * asking again ends the one before. An address gets three mails an hour at the most; beyond that nothing is sent.
   */
  @Post('forgot-password')
  @HttpCode(202)
  @Public()
  @RateLimit('login')
  @NoIdempotencyStore()
  forgotPassword(@Body() { email }: ForgotPasswordDto): Promise<MailRequestedDto> {
    return this.requests.ask('password_reset', email);
  }

  /**
   * Sets a new password with the token of a mailed link.
   *
   * @remarks Ends every session of the user and opens none: signing in asks for the second factor as ever. 422
   * `invalid_account_token` where the link does not work any more.
   */
  @Post('reset-password')
  @HttpCode(204)
  @Public()
  @RateLimit('login')
  @NoIdempotencyStore()
  resetPassword(@Body() { token, password }: ResetPasswordDto): Promise<void> {
    return this.answers.setPassword('password_reset', token, password);
  }

  /**
   * Confirms an address with the token of a mailed link.
   *
   * @remarks 422 `invalid_account_token` where the link does not work any more.
   */
  @Post('verify-email')
  @HttpCode(204)
  @Public()
  @RateLimit('login')
  @NoIdempotencyStore()
  verifyEmail(@Body() { token }: VerifyEmailDto): Promise<void> {
    return this.answers.verifyEmail(token);
  }

  /**
   * Has the link mailed again that confirms an address.
   *
   * @remarks Always 202 and always as fast, whether there is such an account or not, and whether it is confirmed or not.
   */
  @Post('resend-verification')
  @HttpCode(202)
  @Public()
  @RateLimit('login')
  @NoIdempotencyStore()
  resendVerification(@Body() { email }: ResendVerificationDto): Promise<MailRequestedDto> {
    return this.requests.ask('email_verification', email);
  }

  /**
   * Accepts an invitation by choosing the first password.
   *
   * @remarks With the token of the mailed link; it also confirms the address. 422 `invalid_account_token` where the link
   * does not work any more.
   */
  @Post('accept-invitation')
  @HttpCode(204)
  @Public()
  @RateLimit('login')
  @NoIdempotencyStore()
  acceptInvitation(@Body() { token, password }: AcceptInvitationDto): Promise<void> {
    return this.answers.setPassword('invitation', token, password);
  }
}

@ApiTags('Users')
@Controller('users')
export class InvitationsController {
  constructor(private readonly requests: AccountRequests) {}

  /**
   * Invites a user by mail to choose a password.
   *
   * @remarks For users who have none (409 `user_has_password`). Inviting again ends the link before.
   */
  @Post(':id/invitation')
  @HttpCode(202)
  @RequirePermission('user:write')
  @NoIdempotencyStore()
  inviteUser(@Param('id') id: string): Promise<MailRequestedDto> {
    return this.requests.invite(id);
  }
}
