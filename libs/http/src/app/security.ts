import cors from '@fastify/cors';
import helmet, { type FastifyHelmetOptions } from '@fastify/helmet';
import createFastify, { type FastifyInstance } from 'fastify';
import type { Config } from '#libs/config';

// The API answers data, never a page: nothing may run, load or frame it.
const API_POLICY = {
  useDefaults: false,
  directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
};
// Swagger UI loads its own scripts, and styles itself inline.
const DOCS_POLICY = {
  useDefaults: false,
  directives: {
    'default-src': ["'self'"],
    'script-src': ["'self'"],
    'style-src': ["'self'", "'unsafe-inline'"],
    'img-src': ["'self'", 'data:'],
    'connect-src': ["'self'"],
    'frame-ancestors': ["'none'"],
    'base-uri': ["'none'"],
    'form-action': ["'self'"],
  },
};

/** Security headers, CORS by allow-list, and `no-store` on everything under /api. */
export async function installSecurity(fastify: FastifyInstance, server: Config['server']): Promise<void> {
  const hsts = server.publicUrl?.startsWith('https:') ?? false;
  const api = await securityHeaders({ contentSecurityPolicy: API_POLICY, hsts });
  const docs = await securityHeaders({ contentSecurityPolicy: DOCS_POLICY, hsts });
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(isDocs(request.routeOptions.url) ? docs : api);
    if (request.url.startsWith('/api')) reply.header('cache-control', 'no-store');
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
