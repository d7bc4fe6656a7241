# shellcheck shell=bash
# moto's S3 server in a Python environment of its own; optional, the S3 suite has a second server from npm anyway.
# Sourced by engines.sh.

s3_package='moto[server]==5.2.5'

s3_pid() { cat "$state/s3.pid" 2>/dev/null || true; }
# moto runs outside the tree, so its command line has to tell whose it is.
s3_running() {
  local pid
  pid=$(s3_pid)
  [ -n "$pid" ] && [ -r "/proc/$pid/cmdline" ] &&
    tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$state/moto/bin/moto_server"
}
s3_env() {
  echo "export IMBI_TEST_S3_URL=http://127.0.0.1:$(cat "$state/s3.port")"
}
s3_answers() { ! port_is_free "$1"; }

s3_install() {
  [ "$(cat "$state/moto.stamp" 2>/dev/null)" = "$s3_package" ] && return 0
  rm -rf -- "$state/moto" "$state/moto.stamp"
  { python3 -m venv "$state/moto" && "$state/moto/bin/pip" install --quiet --disable-pip-version-check "$s3_package"; } \
    >"$log/moto-install.log" 2>&1 9>&- || return 1
  echo "$s3_package" >"$state/moto.stamp"
}

s3_up() {
  local port started=$SECONDS
  if s3_running; then return; fi
  if ! command -v python3 >/dev/null; then
    say 'S3: skipped, no python3'
    return
  fi
  if ! s3_install; then
    say "S3: skipped, moto cannot be installed (see $log/moto-install.log)"
    return
  fi
  port=$(free_port s3 25900)
  setsid "$state/moto/bin/moto_server" -H 127.0.0.1 -p "$port" >"$log/moto.log" 2>&1 </dev/null 9>&- &
  echo "$!" >"$state/s3.pid"
  if ! wait_until 20 s3_answers "$port"; then
    say "S3: skipped, moto did not start (see $log/moto.log)"
    return
  fi
  say "S3 (moto) on 127.0.0.1:$port in $((SECONDS - started)) s"
}

s3_down() {
  s3_running || return 0
  stop_process S3 "$(s3_pid)" TERM
}

s3_status() {
  if s3_running; then echo "S3 (moto)   running  127.0.0.1:$(cat "$state/s3.port")  pid $(s3_pid)"; else
    echo 'S3 (moto)   down'
    return 1
  fi
}
