#!/usr/bin/env bash
# Makes sure that a Docker engine answers.
#
#   scripts/docker.sh          use the engine that answers; on Debian or Ubuntu as root, else install and start one
#   scripts/docker.sh stop     stop the engine that this script started, and no other
#   scripts/docker.sh status   0: an engine answers; 1: none does
#
# NO_DOCKER_INSTALL=1        never install or start anything
# MUCODE_DOCKERD_ARGS="..."  further arguments of a dockerd that this script starts
# MUCODE_DOCKER_STATE=DIR    where its log and process id go (default /var/run/mucode-docker)
set -euo pipefail

STATE=${MUCODE_DOCKER_STATE:-/var/run/mucode-docker}
if [ -z "${MUCODE_DOCKER_STATE:-}" ] && ! mkdir -p "$STATE" 2>/dev/null; then STATE=/tmp/mucode-docker-$(id -u); fi
LOG=$STATE/dockerd.log
OURS=$STATE/started # "process-id start-time" of the dockerd that this script started
DEADLINE_S=${MUCODE_DOCKER_DEADLINE_S:-60}
SOCKET=${DOCKER_HOST:-unix:///var/run/docker.sock}

say() { echo "docker: $*"; }
die() { echo "docker: $*" >&2; exit 1; }

answers() { # sets REPLY_TEXT to the engine's version or to what went wrong
  if command -v docker >/dev/null; then
    REPLY_TEXT=$(timeout 10 docker version --format '{{.Server.Version}}' 2>&1)
  else # the engine's Python client, from the environment that make set up
    REPLY_TEXT=$(timeout 10 "${VENV:-.venv}/bin/python" -c \
      'import docker; print(docker.from_env(timeout=8).version()["Version"])' 2>&1 | tail -n 1; exit "${PIPESTATUS[0]}")
  fi
}

start_time() { # of a living process, from /proc/PID/stat: tells it from a later one with the same id
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'
}

our_pid() { # prints the id of the living dockerd that this script started
  local pid started
  read -r pid started 2>/dev/null <"$OURS" || return 1
  [ -n "$started" ] && [ "$(start_time "$pid")" = "$started" ] && echo "$pid"
}

is_running() { # process id, name; a zombie that nobody reaps is not running
  [ -n "$(start_time "$1")" ] && [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ]
}

stop() {
  local pid
  if ! pid=$(our_pid); then
    rm -f "$OURS"
    say "no engine that this script started is running; nothing to stop"
    return 0
  fi
  kill "$pid"
  for _ in $(seq 300); do
    if ! our_pid >/dev/null; then
      rm -f "$OURS" "$STATE/dockerd.pid"
      say "stopped the engine that this script had started (process $pid)"
      return 0
    fi
    sleep 0.1
  done
  die "the engine (process $pid) did not stop within 30 s; its log is $LOG"
}

explain_and_fail() { # what is wrong; the one command that helps
  die "$1
  The sandbox runs model-written programs in Docker containers, so an engine is needed.
  Run: $2"
}

may_install() {
  [ -z "${NO_DOCKER_INSTALL:-}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null &&
    grep -qiE '^(ID|ID_LIKE)=.*(debian|ubuntu)' /etc/os-release
}

install_engine() {
  say "no Docker engine is installed; installing docker.io with apt-get (NO_DOCKER_INSTALL=1 forbids it) ..."
  local seconds=$SECONDS
  export DEBIAN_FRONTEND=noninteractive
  mkdir -p "$STATE"
  { apt-get install -y docker.io || { apt-get update && apt-get install -y docker.io; }; } >"$STATE/apt.log" 2>&1 || {
    tail -n 15 "$STATE/apt.log" >&2
    explain_and_fail "apt-get could not install docker.io (last lines above)" "apt-get update && apt-get install docker.io"
  }
  # Newer Debian has the command in a package of its own; nothing here needs it.
  command -v docker >/dev/null || apt-get install -y docker-cli >>"$STATE/apt.log" 2>&1 || true
  say "  done in $((SECONDS - seconds)) s"
}

prepare_cgroups() { # without an init system nobody has mounted or delegated them
  [ -d /run/systemd/system ] && return 0
  local cgroup=/sys/fs/cgroup
  if [ -f $cgroup/cgroup.controllers ]; then # version 2: a group with processes cannot delegate, so they move down
    grep -qw memory $cgroup/cgroup.subtree_control && return 0
    local enable
    enable=$(sed -e 's/ / +/g' -e 's/^/+/' $cgroup/cgroup.controllers)
    echo "$enable" 2>/dev/null >$cgroup/cgroup.subtree_control && return 0
    mkdir -p $cgroup/init 2>/dev/null || return 0
    while read -r process; do echo "$process" 2>/dev/null >$cgroup/init/cgroup.procs || true; done <$cgroup/cgroup.procs
    echo "$enable" 2>/dev/null >$cgroup/cgroup.subtree_control || say "cgroup v2 controllers could not be delegated"
  elif [ ! -d $cgroup/memory ]; then # version 1 or nothing mounted
    say "mounting the cgroup hierarchies"
    if grep -qw cgroup2 /proc/filesystems && mount -t cgroup2 none $cgroup 2>/dev/null; then
      if grep -qw memory $cgroup/cgroup.controllers; then prepare_cgroups; return 0; fi
      umount $cgroup
    fi
    mount -t tmpfs none $cgroup 2>/dev/null || return 0
    awk '!/^#/ && $4 == 1 { print $1 }' /proc/cgroups | while read -r controller; do
      mkdir -p "$cgroup/$controller"
      mount -t cgroup -o "$controller" none "$cgroup/$controller" 2>/dev/null || rmdir "$cgroup/$controller"
    done
  fi
}

remove_stale_pid_files() { # the number in them may belong to another program by now
  local file pid root
  root=$(sed -n 's/.*--exec-root[ =]\([^ ]*\).*/\1/p' <<<"${MUCODE_DOCKERD_ARGS:-}")
  for file in "$STATE/dockerd.pid" /var/run/docker.pid; do
    if [ -f "$file" ] && pid=$(cat "$file") && ! is_running "$pid" dockerd; then rm -f "$file"; fi
  done
  file=${root:-/var/run/docker}/containerd/containerd.pid
  if [ -f "$file" ] && pid=$(cat "$file") && ! is_running "$pid" containerd; then rm -f "$file"; fi
}

launch() { # arguments: further ones for dockerd; true when it answers before the deadline
  mkdir -p "$STATE"
  remove_stale_pid_files
  echo "--- $(date -u +%FT%TZ) dockerd $*" >>"$LOG"
  # shellcheck disable=SC2086
  setsid nohup dockerd -H "$SOCKET" --pidfile "$STATE/dockerd.pid" ${MUCODE_DOCKERD_ARGS:-} "$@" \
    >>"$LOG" 2>&1 </dev/null 9>&- &
  local pid=$!
  echo "$pid $(start_time "$pid")" >"$OURS"
  local deadline=$((SECONDS + DEADLINE_S))
  while [ "$SECONDS" -lt "$deadline" ]; do
    answers && return 0
    our_pid >/dev/null || return 1
    sleep 0.2
  done
  stop >/dev/null
  return 1
}

why_it_failed() { # the errors of the latest dockerd
  awk '/^--- / { errors = "" } /failed to start|level=(error|fatal)/ { errors = errors "\n" $0 } END { print tolower(errors) }' \
    "$LOG"
}

start_engine() {
  prepare_cgroups
  local arguments=() reason seconds=$SECONDS
  for _ in 1 2 3; do
    say "starting dockerd ${arguments[*]:-} (log: $LOG) ..."
    if launch ${arguments[@]+"${arguments[@]}"}; then
      say "engine $REPLY_TEXT answers after $((SECONDS - seconds)) s; scripts/docker.sh stop ends it"
      return 0
    fi
    rm -f "$OURS"
    reason=$(why_it_failed)
    if [[ $reason =~ iptables|nf_tables|nftables|bridge ]] && [[ ${arguments[*]:-} != *bridge* ]]; then
      say "no firewall or bridge here; boxes need no network, so trying without"
      arguments+=(--iptables=false --ip6tables=false --bridge=none)
    elif [[ $reason =~ overlay|graphdriver|storage.driver ]] && [[ ${arguments[*]:-} != *vfs* ]]; then
      say "the usual storage driver does not work here; trying vfs"
      arguments+=(--storage-driver=vfs)
    else
      break
    fi
  done
  grep -v level=info "$LOG" | tail -n 15 >&2
  explain_and_fail "dockerd ended, or did not answer within $DEADLINE_S s ($LOG ends as above)" "dockerd --debug"
}

start() {
  if answers; then
    # The Python client knows DOCKER_HOST and the usual socket, but not the contexts of the command.
    local endpoint
    if [ -z "${DOCKER_HOST:-}" ] && [ ! -S /var/run/docker.sock ] && command -v docker >/dev/null; then
      endpoint=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || true)
      [ -z "$endpoint" ] || explain_and_fail "the engine answers only in the context of the docker command" \
        "export DOCKER_HOST=$endpoint"
    fi
    say "engine $REPLY_TEXT answers"
    return 0
  fi
  if [[ $REPLY_TEXT == *"ermission denied"* ]]; then
    explain_and_fail "the engine runs, but $(id -un) may not use it" "sudo usermod -aG docker $(id -un)   (then log in again)"
  fi
  if [ -n "${DOCKER_HOST:-}" ] && [ -z "${MUCODE_DOCKERD_ARGS:-}" ]; then
    explain_and_fail "no engine answers at DOCKER_HOST=$DOCKER_HOST" "docker info   (and mend or unset DOCKER_HOST)"
  fi
  if ! may_install; then
    if command -v dockerd >/dev/null; then
      explain_and_fail "Docker is installed, but no engine answers" "sudo systemctl start docker"
    elif command -v apt-get >/dev/null; then
      explain_and_fail "no Docker engine answers" "sudo apt-get install -y docker.io && sudo usermod -aG docker $(id -un)"
    fi
    explain_and_fail "no Docker engine answers" "your system's way to install and start Docker, then this again"
  fi
  if ! command -v dockerd >/dev/null; then
    install_engine
    sleep 2 # the package may have started it
    if answers; then say "engine $REPLY_TEXT answers"; return 0; fi
  fi
  if [ -d /run/systemd/system ] && [ -z "${MUCODE_DOCKERD_ARGS:-}" ]; then
    say "starting the docker service with systemctl"
    systemctl start docker || true
    for _ in $(seq "$DEADLINE_S"); do
      if answers; then say "engine $REPLY_TEXT answers; systemctl stop docker ends it"; return 0; fi
      sleep 1
    done
    explain_and_fail "the docker service did not answer within $DEADLINE_S s" "systemctl status docker"
  fi
  start_engine
}

case ${1:-start} in
  start)
    mkdir -p "$STATE" 2>/dev/null || true
    if command -v flock >/dev/null && [ -w "$STATE" ]; then exec 9>"$STATE/lock" && flock 9; fi # two makes at once
    start
    ;;
  stop) stop ;;
  status) if answers; then say "engine $REPLY_TEXT answers"; else die "no engine answers: $REPLY_TEXT"; fi ;;
  *) die "unknown command '$1', expected start, stop or status" ;;
esac
