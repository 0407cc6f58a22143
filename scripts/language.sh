#!/usr/bin/env bash
# Makes sure that boxes for a language can be built: by a registry, by this machine's own compiler or interpreter, or by
# installing that on Debian or Ubuntu as root. If none of it works, says what to run; the language's tests are then
# skipped, and fail in CI.
#
#   language.sh LANGUAGE PROGRAM PACKAGE...    as in: language.sh javascript node nodejs
#
# NO_LANGUAGE_INSTALL=1   never install anything
set -euo pipefail

LANGUAGE=$1 PROGRAM=$2
shift 2
BIN=${VENV:-.venv}/bin
LOG=$(mktemp -t mucode-language.XXXXXX)
trap 'rm -f "$LOG"' EXIT

say() { echo "$LANGUAGE: $*"; }

build() { "$BIN/mucode" sandbox build --language "$LANGUAGE" 2>"$LOG"; }

may_install() {
  [ -z "${NO_LANGUAGE_INSTALL:-}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null &&
    ! command -v "$PROGRAM" >/dev/null && grep -qiE '^(ID|ID_LIKE)=.*(debian|ubuntu)' /etc/os-release
}

build && exit 0
if may_install; then
  say "no $PROGRAM for the sandbox's boxes; installing $* with apt-get (NO_LANGUAGE_INSTALL=1 forbids it) ..."
  export DEBIAN_FRONTEND=noninteractive
  install() { apt-get install -y --no-install-recommends "$@" >/dev/null 2>"$LOG"; }
  if install "$@" || { apt-get update >/dev/null 2>"$LOG" && install "$@"; }; then build && exit 0; fi
fi
tail -n 5 "$LOG" >&2
say "no boxes for it (last lines above); their tests will be skipped, or fail if CI=true" >&2
