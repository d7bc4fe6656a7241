import { routeSettings } from '../app/route-settings.js';

/** The answer is a page: `Link: <…>; rel="next"` is set from its `next_cursor`. */
export function Paged(): MethodDecorator {
  return routeSettings({ paged: true });
}
