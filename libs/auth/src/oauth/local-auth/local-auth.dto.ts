import { IsBoolean } from 'class-validator';

/** Whether users may sign in with e-mail and password. */
export class LocalAuthDto {
  /**
   * Off refuses `POST /api/auth/login` itself.
   * @example true
   */
  @IsBoolean()
  enabled!: boolean;
}
