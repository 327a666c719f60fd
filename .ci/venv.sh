# shellcheck shell=sh
# Sourced by run.sh, test.sh and .ci/run: makes .venv and installs what a lock file names.
# Once installed, it needs no network and takes a few milliseconds.

say() { printf '%s\n' "$*" >&2; }

# A python that is named but cannot run (an empty shim) does not count, nor one without venv.
find_python() {
    for name in python3.13 python3.12 python3.11 python3.14 python3 python; do
        if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
        then
            command -v "$name"
            return 0
        fi
    done
    say 'Python 3.11 or newer with its venv module is needed.'
    say 'On Debian and Ubuntu: apt install python3 python3-venv'
    return 1
}

# prepare_venv ROOT LOCK: afterwards ROOT/.venv holds what LOCK names, or we have said why not.
prepare_venv() {
    is_installed "$1/.venv" "$1/$2" && return 0
    lock_project "$1"
    # Somebody else may have installed it while we waited.
    is_installed "$1/.venv" "$1/$2" || install_lock "$1/.venv" "$1/$2"
    unlock_project "$1"
}

# The lock is the folder itself where there is flock: nothing is left behind when we are killed.
lock_project() {
    if command -v flock >/dev/null 2>&1; then
        exec 9<"$1"
        flock 9
        return 0
    fi
    until mkdir "$1/.venv-lock" 2>/dev/null; do
        [ -d "$1/.venv-lock" ] || { say "Nothing can be written into $1"; exit 1; }
        say "Another start is installing. If there is none, remove $1/.venv-lock"
        sleep 2
    done
    locked="$1/.venv-lock"
    trap 'rmdir "$locked"' EXIT
}

unlock_project() {
    if command -v flock >/dev/null 2>&1; then
        exec 9<&-
    else
        trap - EXIT
        rmdir "$1/.venv-lock"
    fi
}

stamp() { cksum <"$1" | tr ' ' -; }

is_installed() {
    [ -x "$1/bin/python" ] && [ -f "$1/.installed-$(basename "$2")-$(stamp "$2")" ]
}

install_lock() {
    python=$(find_python) || exit 1
    if ! "$1/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        say "Making .venv with $("$python" --version)"
        "$python" -m venv --clear "$1" || exit 1
    fi
    say "Installing $(basename "$2") (once)"
    if ! "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --no-deps --requirement "$2"; then
        say "The packages of $(basename "$2") could not be installed, see above."
        exit 1
    fi
    rm -f "$1/.installed-$(basename "$2")"-*
    : >"$1/.installed-$(basename "$2")-$(stamp "$2")"
}
