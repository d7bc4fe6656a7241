/** Metadata key of the access rules of a route or a whole controller: `AccessRule[]`, exactly one of which must hold. */
export const ACCESS_METADATA = 'imbi:access';

/** Who may call a route. */
export type AccessRule =
  | { readonly kind: 'public' }
  | { readonly kind: 'authenticated' }
  | ({ readonly kind: 'permission'; readonly permission: string } & PermissionOptions);

/** The resource that a URL names, on which access may have been granted by itself. */
export interface GuardedResource {
  /** Label of its vertices. */
  readonly label: string;
  /** The path parameter that names it. */
  readonly param: string;
  /** What the parameter is; the id where nothing is said. A slug is looked up in the organization of the URL. */
  readonly by?: 'id' | 'slug';
}

/** Where a permission must hold, on routes whose path names no organization. */
export type PermissionPlace =
  /** In the organization that the query parameter `organization` names; everywhere, where it names none. */
  | 'organization-query'
  /**
   * In the organization that the resource of the path belongs to; to all others it is not found. Whoever calls may try
   * a resource that belongs to none, or does not exist: what they may do then is the handler's to say.
   */
  | GuardedResource;

export interface PermissionOptions {
  readonly resource?: GuardedResource;
  readonly place?: PermissionPlace;
}

// `resource:action`; more colons are for the derived names that plugins bring (`plugins:{slug}:entities:{label}:write`).
const PERMISSION_PATTERN = /^[a-z][a-z0-9_-]*(:[A-Za-z0-9_{}-]+)*:[a-z][a-z0-9_-]*$/;

/**
 * The caller must hold `permission` in the organization of the URL (or of the `place`), or globally where there is none; or
 * must have been granted the permission's action on the `resource` of the URL.
 */
export function RequirePermission(
  permission: string,
  options: PermissionOptions = {},
): MethodDecorator & ClassDecorator {
  if (!PERMISSION_PATTERN.test(permission)) throw new Error(`"${permission}" is no permission; write resource:action.`);
  return accessDecorator({ kind: 'permission', permission, ...options });
}

/** Anyone may call this route, signed in or not. */
export function Public(): MethodDecorator & ClassDecorator {
  return accessDecorator({ kind: 'public' });
}

/** Any signed-in caller may call this route; the handler sees only what is the caller's own. */
export function Authenticated(): MethodDecorator & ClassDecorator {
  return accessDecorator({ kind: 'authenticated' });
}

/** The rules stated on a handler, else those on its controller. A route is well-formed when there is exactly one. */
export function accessRulesOf(handler: object, controller: object): readonly AccessRule[] {
  const own = readRules(handler);
  return own.length > 0 ? own : readRules(controller);
}

const resolved = new WeakMap<object, AccessRule>();

/**
 * The one rule of a route, for guards: a lookup per call, not a reflection.
 * @throws Error when the route states none or several, which the boot check makes impossible
 */
export function accessRuleOf(handler: object, controller: object): AccessRule {
  const known = resolved.get(handler);
  if (known) return known;
  const [rule, ...more] = accessRulesOf(handler, controller);
  if (!rule || more.length > 0) throw new Error('A route must state exactly one access rule.');
  resolved.set(handler, rule);
  return rule;
}

/** The rule as one word, as it stands in the OpenAPI document under `x-permission`. */
export function accessRuleName(rule: AccessRule): string {
  return rule.kind === 'permission' ? rule.permission : rule.kind;
}

function accessDecorator(rule: AccessRule): MethodDecorator & ClassDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const holder: object = descriptor ? descriptor.value : target;
    // Collected rather than overwritten, so that the boot check sees two decorators that contradict each other.
    Reflect.defineMetadata(ACCESS_METADATA, [...readRules(holder), rule], holder);
  };
}

function readRules(holder: object): readonly AccessRule[] {
  return Reflect.getOwnMetadata(ACCESS_METADATA, holder) ?? [];
}
