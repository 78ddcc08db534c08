#!/usr/bin/env bash
# Makes .venv with everything the demo, the tests and the quality checks need. Called by `make env`; see its rule for when.
#
#   scripts/env.sh            make or complete .venv
#   scripts/env.sh --mariadb  add the MariaDB driver where its headers are installed (it is compiled on the spot)
#
# PYTHON=<interpreter> chooses the interpreter for a new .venv; otherwise the first that really runs is taken.
set -euo pipefail
cd "$(dirname "$0")/.."
VENV=.venv
PY=$VENV/bin/python

say() { printf '%s\n' "$*" >&2; }
die() { say "make env: $*"; exit 1; }

UV=()
if uv --version >/dev/null 2>&1; then
    UV=(uv)
elif python3 -m uv --version >/dev/null 2>&1; then
    UV=(python3 -m uv)
fi

# A name on the PATH proves nothing (pyenv leaves shims that only print an error), so each candidate is run.
usable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        usable "$PYTHON" || die "PYTHON=$PYTHON does not run, or is older than Python 3.11."
        echo "$PYTHON"
        return
    fi
    for candidate in python3.12 python3.11 python3; do
        if usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    die "needs Python 3.12 or 3.11, and none was found. On Debian and Ubuntu: apt-get install python3 python3-venv"
}

install() {
    if [ ${#UV[@]} -gt 0 ]; then
        "${UV[@]}" pip install --quiet --python "$PY" "$@"
    else
        "$PY" -m pip install --quiet --disable-pip-version-check --retries 2 --timeout 30 "$@"
    fi
}

add_mariadb_driver() {
    "$PY" -c 'import MySQLdb' 2>/dev/null && return
    if ! command -v gcc >/dev/null || ! { pkg-config --exists libmariadb || pkg-config --exists mysqlclient; } 2>/dev/null; then
        say "The MariaDB driver is left out: it is compiled, and needs gcc, pkg-config, libmariadb-dev and Python's headers."
        say "Tests marked mariadb will be skipped. On Debian and Ubuntu: apt-get install gcc pkg-config libmariadb-dev python3-dev"
        return
    fi
    if ! install -r requirements/mariadb.txt; then
        say "The MariaDB driver could not be compiled (are Python's headers, python3-dev, installed?) and is left out."
        say "Tests marked mariadb will be skipped."
    fi
}

if [ "${1:-}" = "--mariadb" ]; then
    add_mariadb_driver
    exit 0
fi

if ! usable "$PY"; then
    python=$(find_python)
    python=$("$python" -c 'import sys; print(sys.executable)')
    say "Making $VENV with $("$python" --version) (a minute or two the first time)."
    rm -rf "$VENV"
    if [ ${#UV[@]} -gt 0 ]; then
        "${UV[@]}" venv --quiet --no-python-downloads --python "$python" "$VENV" || die "uv could not make $VENV."
    else
        "$python" -c 'import venv, ensurepip' 2>/dev/null ||
            die "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv (or install uv)."
        "$python" -m venv "$VENV" || die "could not make $VENV."
    fi
elif [ -n "${PYTHON:-}" ] && usable "$PYTHON" && [ "$("$PYTHON" --version)" != "$("$PY" --version)" ]; then
    die "$VENV is made with $("$PY" --version), not $("$PYTHON" --version). Run: make clean, then this again."
elif [ ${#UV[@]} -eq 0 ] && ! "$PY" -m pip --version >/dev/null 2>&1; then
    "$PY" -m ensurepip --upgrade >/dev/null || die "$VENV has no pip and uv is gone. Run: make clean env"
fi

install -r requirements/dev.txt ||
    die "could not install requirements/dev.txt; the reason is above. Without a connection to a package index this cannot work (behind a proxy or mirror: set HTTPS_PROXY, or PIP_INDEX_URL and UV_INDEX_URL)."
# setuptools and wheel are installed by now, so nothing more is downloaded to build ourselves.
install --no-deps --no-build-isolation -e . || die "could not install this project into $VENV."
add_mariadb_driver
