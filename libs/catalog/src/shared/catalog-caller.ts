/** Injection token of the {@link CatalogCaller}: the catalogue does not know how callers are authorized. */
export const CATALOG_CALLER = Symbol('imbi.catalog.caller');

/** Who makes the current request, where what a route demands of everybody is not enough. */
export interface CatalogCaller {
  /** @throws DomainError `forbidden` (403) where the caller may not do this where the request is */
  assertMay(permission: string): void;
  /** @throws DomainError `forbidden` (403) where the caller is no administrator, whatever their roles */
  assertAdmin(): void;
}
