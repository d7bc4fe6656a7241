import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import type { Config } from '#libs/config';

// The API answers data, never a page: nothing may run, load or frame it.
const API_POLICY = {
  useDefaults: false,
  directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
};
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
  fastify.addHook('onRoute', (route) => {
    if (route.url === '/docs' || route.url.startsWith('/docs/')) {
      Object.assign(route, { helmet: { contentSecurityPolicy: DOCS_POLICY } });
    }
  });
  await fastify.register(helmet, {
    contentSecurityPolicy: API_POLICY,
    hsts: server.publicUrl?.startsWith('https:') ?? false,
    crossOriginEmbedderPolicy: false,
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
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.url.startsWith('/api')) reply.header('cache-control', 'no-store');
    done();
  });
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
