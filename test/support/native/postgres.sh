# shellcheck shell=bash
# PostgreSQL 17 with Apache AGE. Sourced by engines.sh.

postgres_pid() { head -n1 "$data/postgres/postmaster.pid" 2>/dev/null || true; }
postgres_running() { tree_process "$(postgres_pid)"; }
postgres_url() { # database
  echo "postgres://imbi:$(secret postgres)@127.0.0.1:$(cat "$state/postgres.port")/$1"
}

as_postgres() { in_tree setpriv --reuid postgres --regid postgres --init-groups "$@"; }
postgres_sql() { # database; SQL on standard input
  as_postgres psql -X -q -v ON_ERROR_STOP=1 -h /srv/imbi/run -p "$(cat "$state/postgres.port")" -U postgres -d "$1"
}

# After a kill -9 of the postmaster its backends may linger for a moment, and its lock files name a pid that can be a
# zombie or by now anybody's: PostgreSQL itself would refuse to start on either.
postgres_clear_remains() {
  local pid
  for pid in $(pgrep -x postgres || true); do
    if tree_process "$pid"; then stop_process 'an orphaned backend' "$pid" QUIT; fi
  done
  rm -f -- "$data/postgres/postmaster.pid" "$data"/run/.s.PGSQL.*
}

# Sized for two cores and some GiB. fsync stays on, so that durability tests and benchmarks are honest;
# IMBI_NATIVE_FSYNC=off trades that for speed.
postgres_settings() { # port
  cat <<SETTINGS
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = '/srv/imbi/run'
max_connections = 200
shared_preload_libraries = 'age'
fsync = ${IMBI_NATIVE_FSYNC:-on}
synchronous_commit = ${IMBI_NATIVE_FSYNC:-on}
full_page_writes = ${IMBI_NATIVE_FSYNC:-on}
shared_buffers = 512MB
effective_cache_size = 2GB
work_mem = 16MB
maintenance_work_mem = 256MB
max_wal_size = 2GB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
log_min_duration_statement = 1s
log_lock_waits = on
log_line_prefix = '%m [%p] %d '
SETTINGS
}

postgres_create() {
  in_tree sh -ec 'install -d -o postgres -g postgres -m 700 /srv/imbi/postgres /srv/imbi/run'
  as_postgres /usr/lib/postgresql/17/bin/initdb -D /srv/imbi/postgres --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
    --auth-local=peer --auth-host=scram-sha-256 >"$log/initdb.log" 2>&1 || fail "initdb (see $log/initdb.log)"
  # Appended last, the include wins over initdb's own values.
  echo "include_if_exists = 'imbi.conf'" >>"$data/postgres/postgresql.conf"
}

# With AGE preloaded every DROP fails in a database that lacks the extension, template1 (so each new one) included.
postgres_prepare() {
  local database
  for database in template1 postgres; do
    postgres_sql "$database" <<<'set client_min_messages = warning; create extension if not exists age;'
  done
  postgres_sql postgres <<SQL
select 'create role imbi superuser login' where not exists (select from pg_roles where rolname = 'imbi') \gexec
alter role imbi password '$(secret postgres)';
select 'create database imbi_test owner imbi' where not exists (select from pg_database where datname = 'imbi_test') \gexec
SQL
  touch "$state/postgres.ready"
}

postgres_fresh_database() { # name
  postgres_running || fail "not running: start them with 'engines.sh up'"
  [[ $1 =~ ^[a-z][a-z0-9_]{0,62}$ ]] || fail "'$1' is no database name (letters, digits and _)"
  postgres_sql postgres >&2 <<SQL
set client_min_messages = warning;
drop database if exists $1 with (force);
create database $1 owner imbi;
SQL
  postgres_url "$1"
}

postgres_up() {
  local port started=$SECONDS
  if postgres_running && [ -f "$state/postgres.ready" ]; then return; fi
  if ! postgres_running; then
    postgres_clear_remains
    if [ ! -f "$state/postgres.created" ] || [ ! -d "$data/postgres" ]; then
      rm -rf -- "$data/postgres" "$state/postgres.ready"
      postgres_create
      touch "$state/postgres.created"
    fi
    port=$(free_port postgres 25432)
    postgres_settings "$port" >"$data/postgres/imbi.conf"
    as_postgres /usr/lib/postgresql/17/bin/pg_ctl -D /srv/imbi/postgres -l /srv/imbi/postgres/server.log -w -t 60 start \
      >"$log/pg_ctl.log" 2>&1 || fail "PostgreSQL did not start (see $data/postgres/server.log)"
  fi
  [ -f "$state/postgres.ready" ] || postgres_prepare
  say "PostgreSQL on 127.0.0.1:$(cat "$state/postgres.port") in $((SECONDS - started)) s"
}

postgres_down() {
  postgres_running || return 0
  # SIGINT is PostgreSQL's fast shutdown: clients are cut off, the data is flushed.
  stop_process PostgreSQL "$(postgres_pid)" INT
}

postgres_status() {
  if postgres_running; then echo "PostgreSQL  running  127.0.0.1:$(cat "$state/postgres.port")  pid $(postgres_pid)"; else
    echo 'PostgreSQL  down'
    return 1
  fi
}
