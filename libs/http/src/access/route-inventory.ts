import { type INestApplicationContext, RequestMethod } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { type AccessRule, accessRulesOf } from './access.decorator.js';

/** One route method of one controller, read from its decorators. */
export interface ControllerRoute {
  readonly controller: string;
  readonly method: string;
  readonly httpMethod: string;
  readonly rules: readonly AccessRule[];
  readonly handler: object;
}

/** Every route of every controller of the application; works in Nest's preview mode too. */
export function listRoutes(app: INestApplicationContext): ControllerRoute[] {
  const scanner = new MetadataScanner();
  const controllers = new Set<{ prototype: object; name: string }>();
  for (const module of app.get(ModulesContainer).values()) {
    for (const { metatype } of module.controllers.values()) {
      if (typeof metatype === 'function') controllers.add(metatype);
    }
  }
  return [...controllers].flatMap((controller) =>
    scanner.getAllMethodNames(controller.prototype).flatMap((method) => {
      const handler: unknown = Reflect.get(controller.prototype, method);
      if (typeof handler !== 'function' || !Reflect.hasMetadata('path', handler)) return [];
      const verb: RequestMethod = Reflect.getMetadata('method', handler);
      return {
        controller: controller.name,
        method,
        httpMethod: RequestMethod[verb],
        rules: accessRulesOf(handler, controller),
        handler,
      };
    }),
  );
}

/**
 * Refuses to boot an application with a route that does not state who may call it.
 * @throws Error naming every route without an access decorator, and every one with more than one
 */
export function assertRoutesGuarded(app: INestApplicationContext): void {
  const faults = listRoutes(app)
    .filter((route) => route.rules.length !== 1)
    .map((route) => `  - ${route.controller}.${route.method} states ${route.rules.length === 0 ? 'none' : 'several'}`);
  if (faults.length === 0) return;
  throw new Error(
    `Every route needs exactly one of @RequirePermission(), @Authenticated() and @Public():\n${faults.join('\n')}`,
  );
}
