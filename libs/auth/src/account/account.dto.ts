import { IsEmail, IsString, Length, MaxLength } from 'class-validator';

/** Whose password was forgotten. */
export class ForgotPasswordDto {
  /**
   * The address of the account; case does not matter.
   * @example grace@example.org
   */
  @IsEmail({ require_tld: false })
  @MaxLength(254)
  email!: string;
}

/** Whose address is to be confirmed. */
export class ResendVerificationDto extends ForgotPasswordDto {}

/** What the link in a mail carried. */
export class VerifyEmailDto {
  /** What stands behind the `#` of the link. */
  @IsString()
  @Length(1, 200)
  token!: string;
}

/** A new password, and the right to set it. */
export class ResetPasswordDto extends VerifyEmailDto {
  /** The new password, by the policy of the installation. */
  @IsString()
  @MaxLength(1024)
  password!: string;
}

/** The first password of who was invited, and the right to set it. */
export class AcceptInvitationDto extends ResetPasswordDto {}

/** What can be said of a mail that was asked for: the same for every address. */
export class MailRequestedDto {
  /**
   * A sentence for people.
   * @example "If there is something to send to this address, a mail is on its way."
   */
  message!: string;
}
