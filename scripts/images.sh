#!/usr/bin/env bash
# Builds the images of a cluster's nodes (deploy/images/Dockerfile): mucode-head, mucode-worker, mucode-executor.
#
#   scripts/images.sh             all three, tagged with the version of pyproject.toml
#   scripts/images.sh executor    one of them
#
# BASE=python:3.11-slim-bookworm   the image that they are made of
# DOCKER_BUILD_OPTIONS="..."       further options of docker build, as in "--build-arg PIP_INDEX_URL=..."
set -euo pipefail
cd "$(dirname "$0")/.."

DOCKERFILE=deploy/images/Dockerfile
BASE=${BASE:-$(sed -n 's/^ARG BASE=//p' $DOCKERFILE)}
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
commit=$(git rev-parse HEAD 2>/dev/null || echo unknown)
[ $# -gt 0 ] || set -- head worker executor

die() {
  echo "images: $*" >&2
  exit 2
}

command -v docker >/dev/null || die "there is no docker command; install Docker's"
docker version --format '{{.Server.Version}}' >/dev/null 2>&1 || die "no Docker engine answers; \`make docker\` starts one"
if ! docker image inspect "$BASE" >/dev/null 2>&1; then
  said=$(timeout 120 docker pull --quiet "$BASE" 2>&1) ||
    die "the base image $BASE is not here and cannot be had (${said##*$'\n'}); log in to a registry that has it, or BASE=..."
fi
for target in "$@"; do
  echo "images: building mucode-$target:$version from $BASE ..."
  # shellcheck disable=SC2086
  docker build --file $DOCKERFILE --target "$target" --tag "mucode-$target:$version" \
    --build-arg BASE="$BASE" --build-arg MUCODE_COMMIT="$commit" ${DOCKER_BUILD_OPTIONS:-} .
done
