import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** One fault in the request. */
export class FieldErrorDto {
  @ApiProperty({
    description: 'JSON pointer (RFC 6901) into the body, or `/` and the name of a parameter.',
    example: '/name',
  })
  pointer!: string;

  @ApiProperty({ description: 'What is wrong, for people.', example: 'name must not be empty' })
  message!: string;

  @ApiProperty({ description: 'What is wrong, for programs.', example: 'is_not_empty' })
  code!: string;
}

/** The body of every 4xx and 5xx (RFC 9457). */
export class ProblemDto {
  @ApiProperty({
    description: 'Stable address of the page that explains this problem.',
    example: '/docs/errors/not_found',
  })
  type!: string;

  @ApiProperty({ description: 'The problem in a few words; the same for every occurrence.', example: 'Not found' })
  title!: string;

  @ApiProperty({ type: 'integer', description: 'The HTTP status.', example: 404 })
  status!: number;

  @ApiProperty({ description: 'This occurrence, for people.', example: 'The project was not found.' })
  detail!: string;

  @ApiProperty({ description: 'The path that was asked for.', example: '/api/organizations/acme/projects/none' })
  instance!: string;

  @ApiProperty({ description: 'The problem, for programs.', example: 'not_found' })
  code!: string;

  @ApiProperty({ description: 'The id under which the server logged the request.', example: 'V1StGXR8_Z5jdHi6B-myT' })
  request_id!: string;

  @ApiPropertyOptional({
    type: [FieldErrorDto],
    description: 'The faults, where the request was refused for its content.',
  })
  errors?: FieldErrorDto[];

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'More about this occurrence, such as counts of what is in the way.',
  })
  details?: Record<string, unknown>;
}

/** The body of every 4xx and 5xx of the endpoints of OAuth: a problem with the two members of RFC 6749, section 5.2. */
export class OAuthErrorDto extends ProblemDto {
  @ApiProperty({ description: 'The error, in the words of OAuth.', example: 'invalid_client' })
  error!: string;

  @ApiProperty({ description: 'The detail, for people.', example: 'The client or its secret is not valid.' })
  error_description!: string;
}
