import { IsBoolean, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { PageOf } from '#libs/http';
import { DescribedResponseDto, DescribedWriteDto } from '../shared/entity.dto.js';

/** An environment as a client writes it. */
export class EnvironmentWriteDto extends DescribedWriteDto {
  /**
   * Where it stands among the others, lowest first.
   * @example 10
   */
  @IsOptional()
  @IsInt()
  @Min(-1000000)
  @Max(1000000)
  sort_order?: number = 0;

  /**
   * The colour of its label.
   * @example #2E7D32
   */
  @IsOptional()
  @Matches(/^#[0-9A-Fa-f]{6}$/, { message: 'must be a colour such as #2E7D32' })
  label_color?: string | null;

  /** Whether deployments to it may be started. */
  @IsOptional()
  @IsBoolean()
  can_deploy?: boolean = true;

  /** Whether releases may be promoted from it. */
  @IsOptional()
  @IsBoolean()
  can_promote?: boolean = false;
}

/** An environment: where projects are deployed. */
export class EnvironmentResponseDto extends DescribedResponseDto {
  /**
   * Where it stands among the others, lowest first.
   * @example 10
   */
  sort_order!: number;

  /**
   * The colour of its label; null for the default one.
   * @example #2E7D32
   */
  label_color!: string | null;

  /** Whether deployments to it may be started. */
  can_deploy!: boolean;

  /** Whether releases may be promoted from it. */
  can_promote!: boolean;
}

/** A page of environments. */
export class EnvironmentPageDto extends PageOf(EnvironmentResponseDto) {}
