import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { ID_PATTERN, SLUG_PATTERN } from '#libs/common';
import { PageOf, PageQueryDto } from '#libs/http';
import { ATTACHABLE } from './attachments.js';

const SLUG_MESSAGE = 'must be the slug of an organization';
const ID_MESSAGE = 'must be an id of 21 characters';
const BOOLEAN = /^(true|false)$/;

/** Whom an upload is for. */
export class UploadCreateQueryDto {
  /**
   * Slug of the organization that the upload belongs to: who may see uploads there, may see it. Without it, it belongs to
   * none, and everybody who signs in may see it who has its id.
   * @example acme
   */
  @IsOptional()
  @Matches(SLUG_PATTERN, { message: SLUG_MESSAGE })
  organization?: string;

  @ApiProperty({
    enum: ATTACHABLE,
    required: false,
    description: 'What kind of entity of the organization the file is attached to; with `attach_to_id`.',
  })
  @IsOptional()
  @IsIn([...ATTACHABLE])
  attach_to_kind?: (typeof ATTACHABLE)[number];

  /** The id of the entity that the file is attached to; changing it must be allowed to the caller. */
  @IsOptional()
  @Matches(ID_PATTERN, { message: ID_MESSAGE })
  attach_to_id?: string;
}

/** Which uploads to list. */
export class UploadListQueryDto extends PageQueryDto {
  /**
   * Slug of the organization whose uploads are listed; without it, those that belong to none.
   * @example acme
   */
  @IsOptional()
  @Matches(SLUG_PATTERN, { message: SLUG_MESSAGE })
  organization?: string;

  /** Only what is attached to the entity with this id, or is its icon. */
  @IsOptional()
  @Matches(ID_PATTERN, { message: ID_MESSAGE })
  attached_to?: string;
}

/** How a file is to be treated. */
export class DownloadQueryDto {
  @ApiProperty({
    type: 'boolean',
    required: false,
    description: '`true` has a browser save the file rather than show it.',
  })
  @IsOptional()
  @Matches(BOOLEAN, { message: 'must be true or false' })
  download?: string;
}

/** How an upload is deleted. */
export class UploadDeleteQueryDto {
  @ApiProperty({
    type: 'boolean',
    required: false,
    description: '`true` also takes it away from what shows it; without it, one that is in use is not deleted (409).',
  })
  @IsOptional()
  @Matches(BOOLEAN, { message: 'must be true or false' })
  force?: string;
}

/** A file that was uploaded; its content is behind its address. */
export class UploadResponseDto {
  /**
   * Nano ID; never changes.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /** The id of the organization that it belongs to; null where it is for everybody who signs in. */
  organization_id!: string | null;

  /**
   * What its owner calls it, without folders.
   * @example logo.png
   */
  filename!: string;

  /**
   * Its type, which its name and its content were checked against.
   * @example image/png
   */
  content_type!: string;

  /**
   * Bytes, as it was sent.
   * @example 48213
   */
  size!: number;

  /**
   * SHA-256 of the file as it was sent, in hex. What is served may be less: metadata of images is taken out, and SVG is
   * written anew.
   * @example 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
   */
  sha256!: string;

  @ApiProperty({
    type: String,
    enum: ['pending', 'ready', 'failed'],
    nullable: true,
    description: 'Whether there is a thumbnail; null for what gets none (SVG, and all that is no image).',
  })
  thumbnail_status!: 'pending' | 'ready' | 'failed' | null;

  /** Pixels, as it is shown; null where it has none. */
  width!: number | null;

  /** Pixels, as it is shown; null where it has none. */
  height!: number | null;

  /** The id of the user or service account who uploaded it. */
  uploaded_by!: string;

  /**
   * When it was uploaded.
   * @example 2026-11-23T10:00:00.000Z
   */
  created_at!: string;

  /**
   * When what is known of it was last changed.
   * @example 2026-11-23T10:00:00.000Z
   */
  updated_at!: string;

  /**
   * Goes up by one with every change; the `ETag` of the resource.
   * @example 2
   */
  version!: number;
}

/** A page of uploads. */
export class UploadPageDto extends PageOf(UploadResponseDto) {}
