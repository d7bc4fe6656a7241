# shellcheck shell=bash
# A Debian tree with the engines' packages, entered by chroot. Sourced by engines.sh.

tree_suite=trixie
tree_packages=(postgresql-17 postgresql-17-age valkey-server)

tree_require() {
  [ -f /etc/debian_version ] && command -v apt-get >/dev/null || skip 'this is not a Debian machine (use docker compose)'
  [ "$(id -u)" = 0 ] || skip 'debootstrap and chroot need root (use docker compose)'
  unshare --mount true 2>/dev/null || skip 'mount namespaces are not allowed here (use docker compose)'
  if ! command -v debootstrap >/dev/null; then
    say 'installing debootstrap'
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends debootstrap; } \
      >"$state/apt.log" 2>&1 9>&- || skip "debootstrap cannot be installed (see $state/apt.log)"
  fi
}

# The mirror this machine's own apt uses, whatever it is.
tree_mirror() {
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
    awk -F'|' '$1 == "Debian" && $2 == "Debian" { sub("/$", "", $3); print $3; exit }'
}

# Runs a command inside the tree. Its mounts live in a namespace of their own and end with the last process in it, so
# nothing is left mounted after a crash and `rm -rf .cache` can never reach the machine's /dev.
in_tree() { # command...
  # shellcheck disable=SC2016
  unshare --mount --propagation private -- sh -c '
    set -e
    tree=$1 data=$2
    shift 2
    mount --rbind /dev "$tree/dev"
    mount --rbind /proc "$tree/proc"
    mkdir -p "$tree/srv/imbi"
    mount --bind "$data" "$tree/srv/imbi"
    exec chroot "$tree" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
      http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" "$@"
  ' sh "$tree" "$data" "$@" 9>&-
}

tree_build() {
  local want mirror started=$SECONDS
  want="$tree_suite ${tree_packages[*]}"
  if [ "$(cat "$state/tree.stamp" 2>/dev/null)" = "$want" ]; then return; fi
  mirror=$(tree_mirror)
  if [ -z "$mirror" ]; then
    # A machine that never ran `apt-get update` has no origin of its sources on record.
    apt-get update >"$state/apt.log" 2>&1 9>&- || true
    mirror=$(tree_mirror)
  fi
  [ -n "$mirror" ] || skip "this machine's apt names no Debian mirror"
  say "building the Debian $tree_suite tree (about a minute, once)"
  rm -rf --one-file-system -- "$tree" "$state/tree.stamp"
  unshare --mount --propagation private -- debootstrap --variant=minbase "$tree_suite" "$tree" "$mirror" \
    >"$log/debootstrap.log" 2>&1 9>&- || skip "debootstrap failed (see $log/debootstrap.log)"
  # Packages must neither start services nor create a cluster: the clusters are ours.
  printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
  chmod +x "$tree/usr/sbin/policy-rc.d"
  mkdir -p "$tree/etc/postgresql-common"
  echo 'create_main_cluster = false' >"$tree/etc/postgresql-common/createcluster.conf"
  { apt-config dump | grep -E '^Acquire::https?::Proxy' || true; } >"$tree/etc/apt/apt.conf.d/90host-proxy"
  in_tree sh -ec 'apt-get update && apt-get install -y --no-install-recommends "$@" && apt-get clean' sh \
    "${tree_packages[@]}" >"$log/packages.log" 2>&1 || skip "packages failed to install (see $log/packages.log)"
  echo "$want" >"$state/tree.stamp"
  say "tree built in $((SECONDS - started)) s"
}

# A process is ours when its root directory is our tree: a recycled pid never is.
tree_process() { # pid
  [ -n "$1" ] && [ "$(readlink "/proc/$1/root" 2>/dev/null)" = "$tree" ]
}
