import { routeSettings } from '../app/route-settings.js';
import type { ListDefinition } from './pages.js';

/**
 * The answer is a page: `Link: <…>; rel="next"` is set from its `next_cursor`, and the definition's sort fields and
 * filters are documented.
 */
export function Paged(definition: ListDefinition): MethodDecorator {
  return routeSettings({ paged: definition });
}

/** The route takes the filters of a list, which are documented, but answers otherwise than by a page. */
export function Filtered(definition: ListDefinition): MethodDecorator {
  return routeSettings({ filtered: definition });
}
