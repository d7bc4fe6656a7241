import { PageOf } from '#libs/http';
import { DescribedResponseDto, DescribedWriteDto } from '../shared/entity.dto.js';

/** A team as a client writes it. */
export class TeamWriteDto extends DescribedWriteDto {}

/** A team: it owns projects. */
export class TeamResponseDto extends DescribedResponseDto {}

/** A page of teams. */
export class TeamPageDto extends PageOf(TeamResponseDto) {}
