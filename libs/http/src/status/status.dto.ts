import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** The process is alive. */
export class StatusDto {
  @ApiProperty({ enum: ['ok'], description: 'Always `ok`: the process answers.', example: 'ok' })
  status!: 'ok';
}

/** One dependency of the server. */
export class DependencyStatusDto {
  @ApiProperty({ description: 'The dependency.', example: 'database' })
  name!: string;

  @ApiProperty({ description: 'Whether the server is of no use without it.', example: true })
  required!: boolean;

  @ApiProperty({ enum: ['up', 'down'], description: 'Whether it answers.', example: 'up' })
  status!: 'up' | 'down';

  @ApiProperty({ format: 'double', description: 'How long it took to answer, in milliseconds.', example: 1.2 })
  latency_ms!: number;

  @ApiPropertyOptional({ description: 'A word on its state.', example: 'embedded' })
  detail?: string;
}

/** Whether the server can do its work, dependency by dependency. */
export class ReadinessDto {
  @ApiProperty({ enum: ['ready', 'not_ready'], description: '`not_ready` comes with status 503.', example: 'ready' })
  status!: 'ready' | 'not_ready';

  @ApiProperty({ type: [DependencyStatusDto], description: 'One line a dependency.' })
  checks!: DependencyStatusDto[];
}
