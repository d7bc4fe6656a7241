export { emitOpenApi } from './emit-openapi.js';
export { analyticsConnection, databaseConnection } from './engine-connections.js';
export { productModel } from './graph-model.js';
export { installationKeys, installationSecret } from './installation-keys.js';
export { migrations } from './migrations.js';
export type { PlatformOptions } from './platform.module.js';
export { migrateAnalytics, migrateAnalyticsOnly, migrateDatabase } from './prepare.js';
export { ProductModule, type ProductOptions } from './product.module.js';
export { type RunningApi, startApi } from './start-api.js';
