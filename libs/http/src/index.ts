export {
  ACCESS_METADATA,
  type AccessRule,
  Authenticated,
  accessRuleName,
  accessRuleOf,
  accessRulesOf,
  Public,
  RequirePermission,
} from './access/access.decorator.js';
export { assertRoutesGuarded, type ControllerRoute, listRoutes } from './access/route-inventory.js';
