import type { ClickHouseClientConfigOptions } from '@clickhouse/client';
import type { ChdbConnection } from 'chdb/connection';

type Connection = NonNullable<ClickHouseClientConfigOptions['connection']>;

/**
 * chDB as the client's connection. Settings of the client's API are not passed on: chDB would keep them on its one
 * session for ever (engines.md, section 2), so they belong into the SQL. It also bridges the two copies of the client's
 * types that are installed, whose settings are not assignable to each other.
 */
export function asClientConnection(chdb: ChdbConnection): Connection {
  return {
    query: ({ query, query_params, query_id, abort_signal }) =>
      chdb.query({ query, query_params, query_id, abort_signal }),
    command: ({ query, query_params, query_id, abort_signal }) =>
      chdb.command({ query, query_params, query_id, abort_signal }),
    exec: ({ query, query_params, query_id, abort_signal, values }) =>
      chdb.exec({ query, query_params, query_id, abort_signal, values }),
    insert: ({ query, query_params, query_id, abort_signal, values }) =>
      chdb.insert({ query, query_params, query_id, abort_signal, values }),
    ping: () => chdb.ping({ select: true }),
    close: () => chdb.close(),
  };
}
