import { type DynamicModule, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Analytics, type AnalyticsConnection, UsageRecorder } from '#libs/analytics';
import { CONFIG, type Config } from '#libs/config';
import { KeyRing } from '#libs/crypto';
import { Database, type DatabaseConnection } from '#libs/database';
import { Graph, GraphModel, type PropertyCipher } from '#libs/graph';
import { ANALYTICS_SINK, QueuesModule } from '#libs/queue';
import { ApiLinks, OBJECT_STORAGE, type ObjectStorage } from '#libs/storage';
import { productModel } from './graph-model.js';
import { apiLinks, openObjectStorage } from './object-storage.js';

export interface PlatformOptions {
  readonly config: Config;
  readonly database: DatabaseConnection;
  readonly analytics: AnalyticsConnection;
  readonly keys: KeyRing;
}

/** What every module of the product may inject: configuration, database, graph, analytics, keys and queues. */
@Module({})
export class PlatformModule {
  static forRoot({ config, database, analytics, keys }: PlatformOptions): DynamicModule {
    return {
      module: PlatformModule,
      global: true,
      imports: [QueuesModule.forRoot()],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: KeyRing, useValue: keys },
        { provide: Database, useFactory: () => new Database(database) },
        { provide: GraphModel, useFactory: productModel },
        {
          provide: Graph,
          inject: [Database, GraphModel],
          useFactory: (handle: Database, model: GraphModel) => new Graph(handle, model, cipherOf(keys)),
        },
        { provide: Analytics, useFactory: () => new Analytics(analytics) },
        { provide: ANALYTICS_SINK, useExisting: Analytics },
        { provide: UsageRecorder, inject: [Analytics], useFactory: (store: Analytics) => new UsageRecorder(store) },
        { provide: OBJECT_STORAGE, useFactory: () => openObjectStorage(config, keys) },
        {
          provide: ApiLinks,
          inject: [OBJECT_STORAGE],
          useFactory: (storage: ObjectStorage) => apiLinks(storage, config, keys),
        },
        EngineHandles,
      ],
      exports: [
        ...[CONFIG, KeyRing, Database, GraphModel, Graph, Analytics, ANALYTICS_SINK, UsageRecorder],
        ...[OBJECT_STORAGE, ApiLinks],
      ],
    };
  }
}

function cipherOf(keys: KeyRing): PropertyCipher {
  return { encrypt: (text) => keys.encrypt(text), decrypt: (token) => keys.decryptText(token) };
}

/** Closes the engines' handles after everything that uses them has stopped. */
@Injectable()
class EngineHandles implements OnApplicationShutdown {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Analytics) private readonly analytics: Analytics,
    @Inject(UsageRecorder) private readonly usage: UsageRecorder,
    @Inject(OBJECT_STORAGE) private readonly storage: ObjectStorage,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.usage.close();
    await this.analytics.close();
    await this.storage.close();
    await this.database.end();
  }
}
