import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { loadConfig } from '#libs/config';
import { createHttpApp } from '../index.js';
import { Authenticated, accessRuleOf, Public, RequirePermission } from './access.decorator.js';

function handlerOf(controller: { prototype: object }, method: string): object {
  return Reflect.get(controller.prototype, method);
}

describe('access rules', () => {
  it('of a route come before those of its controller', () => {
    @Authenticated()
    class TeamsController {
      @RequirePermission('team:write') write() {}
      read() {}
    }
    expect(accessRuleOf(handlerOf(TeamsController, 'write'), TeamsController)).toEqual({
      kind: 'permission',
      permission: 'team:write',
    });
    expect(accessRuleOf(handlerOf(TeamsController, 'read'), TeamsController)).toEqual({ kind: 'authenticated' });
  });

  it.each(['team', 'team:', ':write', 'team write', 'Team:write'])('take no "%s" for a permission', (text) => {
    expect(() => RequirePermission(text)).toThrow('resource:action');
  });

  it('may have a derived name', () => {
    expect(() => RequirePermission('plugins:{slug}:entities:{label}:write')).not.toThrow();
  });
});

describe('the boot', () => {
  it('is refused by every route that states nothing, or two things', async () => {
    @Controller('holes')
    class HolesController {
      @Get('open') forgotten() {}
      @Get('both') @Public() @Authenticated() contradictory() {}
      @Get('fine') @Public() fine() {}
    }
    @Module({ controllers: [HolesController] })
    class HolesModule {}
    await expect(createHttpApp(HolesModule, loadConfig({}))).rejects.toThrow(
      /HolesController\.forgotten states none\n.*HolesController\.contradictory states several$/,
    );
  });
});
