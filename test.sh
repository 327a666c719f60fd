#!/bin/sh
# Run the tests: ./test.sh [arguments of pytest]
# REQUIRE_ALL=1: a test skipped for want of a browser or PostgreSQL is a failure.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$root/.ci/venv.sh"
prepare_venv "$root" requirements-dev.txt
cd "$root"
exec "$root/.venv/bin/python" -m pytest "$@"
