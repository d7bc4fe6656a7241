import { Body, Controller, HttpCode, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated } from '#libs/http';
import { OwnAvatar } from './own-avatar.service.js';
import { OwnAvatarDto } from './user.dto.js';

/** Apart from the other routes of one's own: those can be called before a second factor is set up, this one cannot. */
@ApiTags('Me')
@Controller('me/avatar')
export class MyAvatarController {
  constructor(private readonly avatars: OwnAvatar) {}

  /**
   * Sets the image that the caller is shown with.
   *
   * @remarks The address of an image, the id of an upload, or null for none. An upload must be an image, and either belong
   * to no organization or have been uploaded by the caller (422 at `/avatar`); one that belongs to an organization is
   * seen by its members alone. Asks for a user who signed in (403 `interactive_session_required` for keys).
   */
  @Put()
  @HttpCode(204)
  @Authenticated()
  setMyAvatar(@Body() body: OwnAvatarDto): Promise<void> {
    return this.avatars.set(body);
  }
}
