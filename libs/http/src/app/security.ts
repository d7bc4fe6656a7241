import cors from '@fastify/cors';
import helmet, { type FastifyHelmetOptions } from '@fastify/helmet';
import createFastify, { type FastifyInstance } from 'fastify';
import type { Config } from '#libs/config';

// The API answers data, never a page: nothing may run, load or frame it.
const API_POLICY = {
  useDefaults: false,
  directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
};
// Fields of helmet's that tell a browser about pages, windows and downloads of old: nothing reads them in data, and each
// is written and parsed with every answer.
const FOR_PAGES_ONLY = {
  crossOriginOpenerPolicy: false,
  dnsPrefetchControl: false,
  ieNoOpen: false,
  originAgentCluster: false,
  permittedCrossDomainPolicies: false,
  xssFilter: false,
} as const;
// Swagger UI loads its own scripts, styles itself inline, and shows an image that was answered from memory.
const DOCS_POLICY = {
  useDefaults: false,
  directives: {
    'default-src': ["'self'"],
    'script-src': ["'self'"],
    'style-src': ["'self'", "'unsafe-inline'"],
    'img-src': ["'self'", 'data:', 'blob:'],
    'connect-src': ["'self'"],
    'frame-ancestors': ["'none'"],
    'base-uri': ["'none'"],
    'form-action': ["'self'"],
  },
};

/** Security headers, CORS by allow-list, and `no-store` on everything under /api. */
export async function installSecurity(fastify: FastifyInstance, server: Config['server']): Promise<void> {
  const hsts = server.publicUrl?.startsWith('https:') ?? false;
  const other = await securityHeaders({ ...FOR_PAGES_ONLY, contentSecurityPolicy: API_POLICY, hsts });
  const api = { ...other, 'cache-control': 'no-store' };
  const docs = await securityHeaders({ contentSecurityPolicy: DOCS_POLICY, hsts });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.url.startsWith('/api')) reply.headers(api);
    else reply.headers(isDocs(request.routeOptions.url) ? docs : other);
    done();
  });
  if (server.corsOrigins.length > 0) {
    await fastify.register(cors, {
      origin: [...server.corsOrigins],
      credentials: true,
      strictPreflight: false,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: EXPOSED_HEADERS,
      maxAge: 600,
    });
  }
}

/**
 * The header fields that helmet sets under these options. They are the same in every answer, so it is asked once: as a
 * hook it composes them anew for each request, and has Node keep and check each of them apart.
 */
async function securityHeaders(options: FastifyHelmetOptions): Promise<Record<string, string>> {
  const scratch = createFastify();
  await scratch.register(helmet, { ...options, crossOriginEmbedderPolicy: false });
  scratch.get('/', (_request, reply) => reply.send());
  const { headers } = await scratch.inject('/');
  await scratch.close();
  const entries = Object.entries(headers).filter(([name]) => !TRANSPORT_FIELDS.has(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

const TRANSPORT_FIELDS = new Set(['connection', 'content-length', 'date']);

function isDocs(route: string | undefined): boolean {
  return route !== undefined && (route === '/docs' || route.startsWith('/docs/'));
}

const EXPOSED_HEADERS = [
  'ETag',
  'Location',
  'Link',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'X-Request-Id',
  'Idempotency-Replayed',
];
