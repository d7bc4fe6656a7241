import { section, setting } from '../setting.js';

export const serverSection = section('server', 'HTTP server', {
  environment: setting.oneOf(['development', 'production', 'test'], {
    env: 'NODE_ENV',
    default: 'development',
    description: 'In `production` the boot refuses generated secrets and embedded credentials.',
  }),
  host: setting.text({
    env: 'IMBI_HOST',
    default: '127.0.0.1',
    description: 'The address to listen on; `0.0.0.0` for every interface.',
    example: '0.0.0.0',
  }),
  port: setting.integer({
    env: 'IMBI_PORT',
    default: 8300,
    min: 0,
    max: 65_535,
    description: 'The port of the API; 0 takes any free one.',
    example: '8300',
  }),
  publicUrl: setting.url({
    env: 'IMBI_PUBLIC_URL',
    optional: true,
    protocols: ['http', 'https'],
    description: 'The address users reach the API at; used in links, tokens (issuer) and redirects.',
    example: 'https://imbi.example.org',
  }),
  trustedProxies: setting.list({
    env: 'IMBI_TRUSTED_PROXIES',
    default: [],
    description: 'Addresses or CIDR ranges whose `X-Forwarded-*` headers are believed.',
    example: '10.0.0.0/8',
  }),
  corsOrigins: setting.list({
    env: 'IMBI_CORS_ORIGINS',
    default: [],
    description: 'Browser origins that may call the API; empty allows only the API’s own.',
    example: 'https://console.example.org',
  }),
  bodyLimitKib: setting.integer({
    env: 'IMBI_BODY_LIMIT_KIB',
    default: 1024,
    min: 16,
    max: 65_536,
    unit: 'KiB',
    description: 'The largest request body, uploads excepted.',
  }),
  accessLog: setting.boolean({
    env: 'IMBI_ACCESS_LOG',
    default: true,
    description: 'Write one line a request (level info): route template, status, milliseconds, caller.',
  }),
  metricsToken: setting.secret({
    env: 'IMBI_METRICS_TOKEN',
    optional: true,
    minLength: 16,
    description: 'The bearer token of /metrics; without it only loopback and private addresses may read them.',
  }),
  shutdownTimeout: setting.duration({
    env: 'IMBI_SHUTDOWN_TIMEOUT',
    default: 10,
    min: 1,
    max: 300,
    description: 'How long running requests and jobs may finish after SIGTERM.',
    example: '10s',
  }),
});
