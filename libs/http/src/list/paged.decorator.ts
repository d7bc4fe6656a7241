import { routeSettings } from '../app/route-settings.js';
import type { ListDefinition } from './pages.js';

/**
 * The answer is a page: `Link: <…>; rel="next"` is set from its `next_cursor`, and the definition's sort fields and
 * filters are documented.
 */
export function Paged(definition: ListDefinition): MethodDecorator {
  return routeSettings({ paged: definition });
}
