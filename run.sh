#!/bin/sh
# Start everything: ./run.sh      What can be changed: .env.example
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$root/.ci/venv.sh"
prepare_venv "$root" requirements.txt
cd "$root"
exec "$root/.venv/bin/python" -m runtime run "$@"
