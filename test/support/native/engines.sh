#!/usr/bin/env bash
# The production engines without Docker, for tests and benchmarks: PostgreSQL with Apache AGE, Valkey, an S3 server.
#
#   engines.sh up       build what is missing, start what is not running (safe to repeat)
#   engines.sh env      print the variables of the running engines: eval "$(test/support/native/engines.sh env)"
#   engines.sh database NAME   drop and create a database, print its URL
#   engines.sh status   one line for each engine; exit 1 when PostgreSQL or Valkey is down
#   engines.sh down     stop them, keep their data
#   engines.sh reset    stop them and delete their data, keep the installed tree
#
# Everything lives under one directory (IMBI_NATIVE_DIR, default .cache/native). Where the machine cannot do this, it
# prints `native engines: skipped, <reason>` and exits 3. docs/guides/native-engines.md tells the rest.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${IMBI_NATIVE_DIR:-$here/../../../.cache/native}"
state=$(cd -- "${IMBI_NATIVE_DIR:-$here/../../../.cache/native}" && pwd -P)
tree=$state/tree data=$state/data log=$state/log

say() { printf 'native engines: %s\n' "$*" >&2; }
skip() {
  say "skipped, $*"
  exit 3
}
fail() {
  say "failed, $*"
  exit 1
}

# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=tree.sh
. "$here/tree.sh"
# shellcheck source=postgres.sh
. "$here/postgres.sh"
# shellcheck source=valkey.sh
. "$here/valkey.sh"
# shellcheck source=s3.sh
. "$here/s3.sh"

up() {
  local started=$SECONDS
  tree_require
  mkdir -p "$data" "$log"
  tree_build
  postgres_up
  valkey_up
  s3_up
  say "ClickHouse: none to be had natively (Debian's is of 2018); analytics tests run on chDB, the same engine in process"
  say "up in $((SECONDS - started)) s"
}

down() {
  s3_down
  valkey_down
  postgres_down
}

status() {
  local code=0
  postgres_status || code=1
  valkey_status || code=1
  s3_status || true
  return "$code"
}

print_env() {
  postgres_running && valkey_running || fail "not running: start them with 'engines.sh up'"
  echo "export IMBI_TEST_ENGINES=native"
  echo "export IMBI_TEST_DATABASE_URL=$(postgres_url imbi_test)"
  echo "export IMBI_TEST_REDIS_URL=$(valkey_url)"
  if s3_running; then s3_env; fi
}

case "${1:-}" in
  up | down | reset)
    # Two callers at once would build the tree or take the ports twice.
    exec 9>"$state/lock"
    flock 9
    ;;
esac
case "${1:-}" in
  up) up ;;
  down) down ;;
  reset)
    down
    rm -rf -- "$data" "$log"
    ;;
  status) status ;;
  database) postgres_fresh_database "${2:?engines.sh database NAME}" ;;
  env) print_env ;;
  *)
    sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
