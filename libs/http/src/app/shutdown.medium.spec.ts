import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { DomainError, sleep } from '#libs/common';
import { loadConfig } from '#libs/config';
import { createHttpApp, Public, shutdownGracefully } from '../index.js';

@Injectable()
class Engine implements OnModuleDestroy {
  private closed = false;

  onModuleDestroy(): void {
    this.closed = true;
  }

  async work(milliseconds: number): Promise<{ done: true }> {
    await sleep(milliseconds);
    if (this.closed) throw new DomainError('closed', 'unavailable', 'The engine was closed under the request.');
    return { done: true };
  }
}

@Controller()
class WorkController {
  constructor(private readonly engine: Engine) {}

  @Get('short') @Public() short(): Promise<{ done: true }> {
    return this.engine.work(400);
  }

  @Get('endless') @Public() endless(): Promise<{ done: true }> {
    return this.engine.work(20_000);
  }
}

@Module({ controllers: [WorkController], providers: [Engine] })
class WorkModule {}

async function listen() {
  const app = await createHttpApp(WorkModule, loadConfig({ IMBI_ACCESS_LOG: 'false' }));
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl() };
}

describe('shutting down', () => {
  it('finishes what runs before it closes what that needs, and accepts nothing more', async () => {
    const { app, url } = await listen();
    const running = fetch(`${url}/api/short`);
    await sleep(100);
    const stopped = shutdownGracefully(app, 5);
    await sleep(50);
    await expect(fetch(`${url}/status`)).rejects.toThrow();
    const response = await running;
    expect({ status: response.status, body: await response.json() }).toEqual({ status: 200, body: { done: true } });
    await stopped;
  });

  it('cuts what does not finish in time', async () => {
    const { app, url } = await listen();
    const running = fetch(`${url}/api/endless`).catch(() => 'cut');
    await sleep(100);
    await shutdownGracefully(app, 0.3);
    expect(await running).toBe('cut');
  });
});
