# shellcheck shell=bash
# Valkey, set up as BullMQ needs it. Sourced by engines.sh.

valkey_pid() { cat "$data/valkey/valkey.pid" 2>/dev/null || true; }
valkey_running() { tree_process "$(valkey_pid)"; }
valkey_url() { echo "redis://127.0.0.1:$(cat "$state/valkey.port")/0"; }
valkey_answers() { [ "$(in_tree valkey-cli -p "$1" ping 2>/dev/null)" = PONG ]; }

valkey_up() {
  local port started=$SECONDS
  if valkey_running; then return; fi
  port=$(free_port valkey 26379)
  in_tree sh -ec 'install -d -o valkey -g valkey -m 700 /srv/imbi/valkey'
  rm -f "$data/valkey/valkey.pid"
  in_tree setpriv --reuid valkey --regid valkey --init-groups valkey-server --bind 127.0.0.1 --port "$port" \
    --daemonize yes --dir /srv/imbi/valkey --pidfile /srv/imbi/valkey/valkey.pid --logfile /srv/imbi/valkey/server.log \
    --appendonly yes --appendfsync everysec --maxmemory-policy noeviction
  wait_until 10 valkey_answers "$port" || fail "Valkey did not start (see $data/valkey/server.log)"
  say "Valkey on 127.0.0.1:$port in $((SECONDS - started)) s"
}

valkey_down() {
  valkey_running || return 0
  stop_process Valkey "$(valkey_pid)" TERM
}

valkey_status() {
  if valkey_running; then echo "Valkey      running  127.0.0.1:$(cat "$state/valkey.port")  pid $(valkey_pid)"; else
    echo 'Valkey      down'
    return 1
  fi
}
