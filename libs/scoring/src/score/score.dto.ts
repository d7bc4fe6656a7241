import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsNumber, Max, Min } from 'class-validator';
import { ANY_JSON } from '#libs/http';
import { OUTCOMES, type Outcome } from '../engine/evaluate.js';
import { MEASURES, type Measure } from '../engine/measure.js';

/** What one policy has to say of a project. */
export class PolicyScoreDto {
  /**
   * The policy's slug.
   * @example maturity
   */
  slug!: string;

  /**
   * The policy's name.
   * @example Maturity
   */
  name!: string;

  /**
   * The attribute that it looks at.
   * @example maturity
   */
  attribute_name!: string;

  @ApiProperty({ enum: MEASURES, description: 'What of the attribute it looks at.' })
  measure!: Measure;

  /** Whether it takes part in the score. */
  applies!: boolean;

  @ApiProperty({
    enum: OUTCOMES,
    description:
      'Why it counts as it does: `scored`; `no_value` and `no_mapping` count as 0, as there is no value, or none that the ' +
      'map knows. `disabled`, `not_targeted` (for other types) and `no_attribute` (projects of these types do not have it) ' +
      'do not count.',
  })
  outcome!: Outcome;

  @ApiProperty({ oneOf: [ANY_JSON], description: 'The value of the attribute; null where there is none.' })
  value!: unknown;

  @ApiProperty({
    oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, { type: 'null' }],
    description: 'What was looked up: the value, its age in days, its count, or whether it is there.',
  })
  measured!: string | number | boolean | null;

  /** The entry of the map that was met; null where none was. */
  matched!: string | null;

  /** What the value is worth; null where the policy does not apply. */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  score!: number | null;

  /**
   * How much the policy counts against the others.
   * @example 10
   */
  @ApiProperty({ format: 'double' })
  weight!: number;

  /**
   * What it adds to the score.
   * @example 25
   */
  @ApiProperty({ format: 'double' })
  contribution!: number;
}

/** A project's score, and how it comes about. */
export class ProjectScoreDto {
  /**
   * The project's id.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  project_id!: string;

  /**
   * The score as it is in lists; null until one was computed, and for an archived project.
   * @example 75
   */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  score!: number | null;

  /**
   * What it comes to as things are at this moment; the score follows within seconds. Null for an archived project.
   * @example 75
   */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  current!: number | null;

  /**
   * The weighted mean before it is floored at 0.
   * @example 75
   */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  unfloored_total!: number | null;

  @ApiProperty({
    enum: ['no_policies', 'no_weight', 'archived'],
    nullable: true,
    description: 'Why it is 100 although nothing says so, or why there is none; null in the ordinary case.',
  })
  flag!: 'no_policies' | 'no_weight' | 'archived' | null;

  /**
   * The weights of the policies that apply, together.
   * @example 40
   */
  @ApiProperty({ format: 'double' })
  total_weight!: number;

  /** Every policy of the organization and of all organizations, in the order of their priority. */
  policies!: PolicyScoreDto[];

  /**
   * The attributes that policies look at and that have no value.
   * @example ["description"]
   */
  missing!: string[];
}

/** Which score is wished for. */
export class ScorePathQueryDto {
  /**
   * The score to get to.
   * @example 90
   */
  @Transform(({ value }) => (typeof value === 'string' && /^\d{1,3}(\.\d{1,4})?$/.test(value) ? Number(value) : value))
  @IsNumber()
  @Min(0)
  @Max(100)
  target?: number = 100;
}

/** An attribute to change, and to what. */
export class ScoreStepDto {
  /**
   * The attribute.
   * @example coverage
   */
  attribute_name!: string;

  @ApiProperty({ enum: MEASURES, description: 'What of it counts.' })
  measure!: Measure;

  @ApiProperty({ oneOf: [ANY_JSON], description: 'Its value now; null where there is none.' })
  value!: unknown;

  /**
   * What would do: one entry of the map of each policy that looks at it, such as `80..`.
   * @example ["80.."]
   */
  wanted!: string[];

  /**
   * The policies that it would satisfy better.
   * @example ["coverage"]
   */
  policies!: string[];

  /**
   * What it adds to the score.
   * @example 12.5
   */
  @ApiProperty({ format: 'double' })
  gain!: number;
}

/** The least that has to change for a project to get to a score. */
export class ScorePathDto {
  /**
   * The score that was asked for.
   * @example 90
   */
  @ApiProperty({ format: 'double' })
  target!: number;

  /**
   * What it comes to now.
   * @example 75
   */
  @ApiProperty({ format: 'double' })
  current!: number;

  /** Whether the steps get there; where they do not, they are all that could be done. */
  reachable!: boolean;

  /**
   * What it would come to after the steps.
   * @example 92.5
   */
  @ApiProperty({ format: 'double' })
  reached!: number;

  /** As few attributes as possible, the one that gains most first. */
  steps!: ScoreStepDto[];
}

/** How far back. */
export class TrendQueryDto {
  /**
   * Over how many days.
   * @example 30
   */
  @Transform(({ value }) => (typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : value))
  @IsInt()
  @Min(1)
  @Max(3650)
  days?: number = 30;
}
