#!/usr/bin/env bash
# The three runs of `make test`, each a process of its own (docs/decisions/0003-mariadb-for-races.rst), and what they said in all.
# What is given is handed to pytest each time. The browser run spends most of its time waiting for pages: it goes on beside the two
# others, and its report follows theirs.
set -uo pipefail
cd "$(dirname "$0")/.."
PY=.venv/bin/python
rm -rf build/tests
mkdir -p build/tests
rc=0

judge() { # judge <exit status of a run>: 5 is "no test of that kind", which is right where tests were chosen
    [ "$1" -eq 0 ] || { [ "$1" -eq 5 ] && [ -n "$given" ]; } || rc=1
}
given="$*"
# Where the tests of the later two runs stand (kept by tests/test_house.py): whoever chooses tests may choose them anywhere.
in_chromium=() on_mariadb=()
if [ -z "$given" ]; then
    in_chromium=(tests/browser tests/test_services.py)
    on_mariadb=(tests/races tests/test_services.py)
fi

# Two processes, but for races; the one that has nothing left to do takes from the other.
DJANGO_ALLOW_ASYNC_UNSAFE=1 ASSESSPREP_TEST_DB=build/test-browser.sqlite3 \
    $PY -m tests.services $PY -m pytest -n 2 --dist worksteal --nomigrations -m browser --junitxml=build/tests/browser.xml "${in_chromium[@]}" "$@" \
    >build/tests/browser.log 2>&1 &
browser=$!
trap 'kill "$browser" 2>/dev/null' INT TERM

$PY -m pytest -n 2 --dist worksteal -m "not mariadb and not browser and not faults" --junitxml=build/tests/plain.xml "$@"
judge $?
$PY -m tests.services $PY -m pytest -m "mariadb and not browser" --junitxml=build/tests/mariadb.xml "${on_mariadb[@]}" "$@"
judge $?
echo "waiting for the run in Chromium, which began with the first (build/tests/browser.log)"
wait "$browser"
judge $?
cat build/tests/browser.log

$PY -m tests.tally build/tests/*.xml || rc=1
if [ $rc -ne 0 ]; then echo "make test: at least one of the three runs above FAILED" >&2; fi
exit $rc
