import { Injectable } from '@nestjs/common';
import type { OpenApiDocument } from '#libs/http';

/** The OpenAPI document of the code that runs, built once, when somebody first asks for it. */
@Injectable()
export class BaseDocument {
  private build: (() => OpenApiDocument) | undefined;
  private built: OpenApiDocument | undefined;

  /** Says how it is built: that needs the whole application, which is not there yet when its parts are made. */
  madeBy(build: () => OpenApiDocument): void {
    this.build = build;
  }

  get(): OpenApiDocument {
    this.built ??= this.build?.();
    if (!this.built) throw new Error('the OpenAPI document was asked for before the application was made');
    return this.built;
  }
}
