# shellcheck shell=bash
# Ports, secrets, processes. Sourced by engines.sh.

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A port is chosen once and remembered, so that the printed variables outlive a restart. Below the ephemeral range:
# a client's outgoing connection could otherwise sit on it.
remembered_port() { # name, first candidate
  local file=$state/$1.port port
  if [ -s "$file" ]; then
    cat "$file"
    return
  fi
  port=$2
  until port_is_free "$port"; do port=$((port + 1)); done
  echo "$port" | tee "$file"
}

# An engine that is not running needs a free port; another checkout may have taken the remembered one meanwhile.
free_port() { # name, first candidate
  local port
  port=$(remembered_port "$@")
  if ! port_is_free "$port"; then
    rm -f "$state/$1.port"
    port=$(remembered_port "$@")
  fi
  echo "$port"
}

secret() { # name
  local file=$state/$1.secret
  [ -s "$file" ] || (umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$file")
  cat "$file"
}

wait_until() { # seconds, command...
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

# A zombie still takes signals; only its root directory is gone.
is_gone() { ! readlink "/proc/$1/root" >/dev/null; }

# Asks nicely, then insists: a wedged engine must not keep `down` from ending.
stop_process() { # name, pid, signal
  kill "-$3" "$2" 2>/dev/null || return 0
  wait_until 30 is_gone "$2" && return 0
  say "$1 did not stop in 30 s, killing it"
  kill -KILL "$2" 2>/dev/null || true
  wait_until 5 is_gone "$2"
}
