import type { Config } from '#libs/config';

export const HTTP_OPTIONS = Symbol('imbi.http.options');

export interface HttpOptions {
  readonly config: Config;
}
