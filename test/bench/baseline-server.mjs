// The yardstick: bare Fastify, one route, one prepared statement, the same JSON. Each route comes twice: as one would
// write it, with documents as jsonb that Fastify serialises, and under /text with the bytes passed through untouched,
// which nothing that knows what it sends can reach.
import Fastify from 'fastify';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10, application_name: 'bench-baseline' });
const app = Fastify({ logger: false });
const JSON_TYPE = 'application/json; charset=utf-8';

app.get('/ready', async () => ({ ok: true }));

app.get('/projects/:id', async (request) => {
  const text = 'select body from imbi_bench.document where id = $1';
  const { rows } = await pool.query({ name: 'one', text, values: [request.params.id] });
  return rows[0].body;
});

app.get('/projects', async () => {
  const text = 'select body from imbi_bench.page_item where page = $1 order by position limit 50';
  const { rows } = await pool.query({ name: 'page', text, values: ['first'] });
  return { items: rows.map((row) => row.body), next_cursor: null };
});

app.get('/text/projects/:id', async (request, reply) => {
  const text = 'select body_text from imbi_bench.document where id = $1';
  const { rows } = await pool.query({ name: 'one-text', text, values: [request.params.id] });
  return reply.type(JSON_TYPE).send(rows[0].body_text);
});

app.get('/text/projects', async (_request, reply) => {
  const text = 'select body_text from imbi_bench.page_item where page = $1 order by position limit 50';
  const { rows } = await pool.query({ name: 'page-text', text, values: ['first'] });
  return reply.type(JSON_TYPE).send(`{"items":[${rows.map((row) => row.body_text).join(',')}],"next_cursor":null}`);
});

await app.listen({ host: '127.0.0.1', port: Number(process.env.IMBI_PORT) });
process.once('SIGTERM', () => process.exit(0));
