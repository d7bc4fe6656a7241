import { IsBoolean, IsOptional } from 'class-validator';
import { PageOf } from '#libs/http';
import { DescribedResponseDto, DescribedWriteDto } from '../shared/entity.dto.js';

/** A project type as a client writes it. */
export class ProjectTypeWriteDto extends DescribedWriteDto {
  /** Whether projects of this type are deployed to environments. */
  @IsOptional()
  @IsBoolean()
  deployable?: boolean = true;

  /** Whether projects of this type have releases. */
  @IsOptional()
  @IsBoolean()
  releasable?: boolean = true;
}

/** A project type: what kind of thing a project is. */
export class ProjectTypeResponseDto extends DescribedResponseDto {
  /** Whether projects of this type are deployed to environments. */
  deployable!: boolean;

  /** Whether projects of this type have releases. */
  releasable!: boolean;
}

/** A page of project types. */
export class ProjectTypePageDto extends PageOf(ProjectTypeResponseDto) {}
