#!/usr/bin/env bash
# Makes sure that boxes for JavaScript can be built: by a registry, by this machine's Node.js, or by installing that on
# Debian or Ubuntu as root. If none of it works, says what to run; the tests then skip JavaScript, and fail in CI.
#
# NO_NODE_INSTALL=1   never install anything
set -euo pipefail

BIN=${VENV:-.venv}/bin
LOG=$(mktemp -t mucode-node.XXXXXX)
trap 'rm -f "$LOG"' EXIT

say() { echo "node: $*"; }

build() { "$BIN/mucode" sandbox build --language javascript 2>"$LOG"; }

may_install() {
  [ -z "${NO_NODE_INSTALL:-}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! command -v node >/dev/null &&
    grep -qiE '^(ID|ID_LIKE)=.*(debian|ubuntu)' /etc/os-release
}

build && exit 0
if may_install; then
  say "no Node.js for the sandbox's JavaScript boxes; installing nodejs with apt-get (NO_NODE_INSTALL=1 forbids it) ..."
  export DEBIAN_FRONTEND=noninteractive
  install() { apt-get install -y --no-install-recommends nodejs >/dev/null 2>"$LOG"; }
  if install || { apt-get update >/dev/null 2>"$LOG" && install; }; then build && exit 0; fi
fi
tail -n 5 "$LOG" >&2
say "no boxes for JavaScript (last lines above); their tests will be skipped, or fail if CI=true" >&2
