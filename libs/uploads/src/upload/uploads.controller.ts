import { Controller, Delete, Get, Header, HttpCode, Param, Post, Query, Redirect } from '@nestjs/common';
import { ApiOkResponse, ApiTags, ApiTemporaryRedirectResponse } from '@nestjs/swagger';
import {
  ConsumesFile,
  FormBody,
  IfMatch,
  type IncomingForm,
  Location,
  Paged,
  Produces,
  RequirePermission,
  VersionedResponse,
} from '#libs/http';
import { UploadIntake } from '../intake/upload-intake.service.js';
import {
  DownloadQueryDto,
  UploadCreateQueryDto,
  UploadDeleteQueryDto,
  UploadListQueryDto,
  UploadPageDto,
  UploadResponseDto,
} from './upload.dto.js';
import { UPLOAD_LIST, UploadsService } from './uploads.service.js';

const HOME = { place: { label: 'Upload', param: 'id' } } as const;
const LOCATION = {
  Location: { description: 'Where the content is for a few minutes.', schema: { type: 'string' as const } },
};
/** Whatever is there, an image as much as a document: the content comes from where the redirect leads. */
const ANYTHING = '*/*';
const BINARY = { schema: { type: 'string', format: 'binary' } } as const;
const CONTENT = { [ANYTHING]: BINARY };
const THUMBNAIL = { 'image/webp': BINARY };

@ApiTags('Uploads')
@Controller('uploads')
export class UploadsController {
  constructor(
    private readonly intake: UploadIntake,
    private readonly uploads: UploadsService,
  ) {}

  /**
   * Uploads a file.
   *
   * @remarks A form with one file, in the field `file`. Its Content-Type, the extension of its name and its content must
   * agree and be on the allow-list of the installation (415); broken files, several files in one and images with too many
   * pixels are refused (422), and larger ones than the installation takes while they are being sent (413). Metadata of
   * images is taken out, and SVG is written anew without scripts and references.
   */
  @Post()
  @RequirePermission('upload:create', { place: 'organization-query' })
  @ConsumesFile('The file. Its part of the form states its type.')
  @VersionedResponse()
  @Location('/api/uploads/{id}')
  createUpload(@Query() query: UploadCreateQueryDto, @FormBody() form: IncomingForm): Promise<UploadResponseDto> {
    return this.intake.receive(query, form);
  }

  /**
   * Lists uploads, the newest first.
   *
   * @remarks Those of one organization, or those that belong to none; with `attached_to`, only those of one entity.
   */
  @Get()
  @RequirePermission('upload:read', { place: 'organization-query' })
  @Paged(UPLOAD_LIST)
  listUploads(@Query() query: UploadListQueryDto): Promise<UploadPageDto> {
    return this.uploads.list(query);
  }

  /**
   * Redirects to the content of an upload.
   *
   * @remarks To an address that needs no sign-in, serves ranges, and ends after a few minutes: follow it at once, and do
   * not keep it. `download=true` has a browser save the file under its name.
   */
  @Get(':id')
  @HttpCode(307)
  @Redirect()
  @Header('Cache-Control', 'private, no-store')
  @Produces(ANYTHING)
  @RequirePermission('upload:read', HOME)
  @ApiTemporaryRedirectResponse({ description: 'Where the content is, in `Location`.', headers: LOCATION })
  @ApiOkResponse({ description: 'The content, for a client that followed the redirect.', content: CONTENT })
  async getUpload(
    @Param('id') id: string,
    @Query() { download }: DownloadQueryDto,
  ): Promise<{ url: string; statusCode: number }> {
    return { url: await this.uploads.linkToFile(id, download === 'true'), statusCode: 307 };
  }

  /**
   * Redirects to the thumbnail of an image.
   *
   * @remarks A WEBP of at most 256 × 256 pixels. 404 `thumbnail_not_ready` while it is being made, and 404 `not_found`
   * where there is none: for SVG, and for all that is no image.
   */
  @Get(':id/thumbnail')
  @HttpCode(307)
  @Redirect()
  @Header('Cache-Control', 'private, no-store')
  @Produces(ANYTHING)
  @RequirePermission('upload:read', HOME)
  @ApiTemporaryRedirectResponse({ description: 'Where the thumbnail is, in `Location`.', headers: LOCATION })
  @ApiOkResponse({ description: 'The thumbnail, for a client that followed the redirect.', content: THUMBNAIL })
  async getUploadThumbnail(@Param('id') id: string): Promise<{ url: string; statusCode: number }> {
    return { url: await this.uploads.linkToThumbnail(id), statusCode: 307 };
  }

  /**
   * Reads what is known of an upload.
   *
   * @remarks With `If-None-Match`, an unchanged one is answered 304 without a body.
   */
  @Get(':id/meta')
  @RequirePermission('upload:read', HOME)
  @VersionedResponse()
  getUploadMeta(@Param('id') id: string): Promise<UploadResponseDto> {
    return this.uploads.get(id);
  }

  /**
   * Deletes an upload.
   *
   * @remarks One that is an icon or avatar is not deleted (409 `upload_in_use`, with counts), unless `force=true`: then
   * what shows it has none any more. Its content is gone a moment later.
   */
  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('upload:delete', HOME)
  deleteUpload(
    @Param('id') id: string,
    @Query() { force }: UploadDeleteQueryDto,
    @IfMatch() version?: number,
  ): Promise<void> {
    return this.uploads.remove(id, { version }, force === 'true');
  }
}
