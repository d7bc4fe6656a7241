// Loaded into an api process (`--import`): tells the parent, when asked, which statements were sent since it last asked.
import pg from 'pg';

const statements = [];
const { query } = pg.Client.prototype;

pg.Client.prototype.query = function record(config, values, ...rest) {
  const { text, name } = typeof config === 'string' ? { text: config } : config;
  statements.push({ text, name, values: config.values ?? (Array.isArray(values) ? values : []) });
  return query.call(this, config, values, ...rest);
};

process.on('message', () => process.send(statements.splice(0)));
