#!/usr/bin/env bash
# The three runs of `make test`, each a process of its own (docs/decisions/0003-mariadb-for-races.rst), and what they said in all.
# What is given is handed to pytest each time. The browser run spends most of its time waiting for pages, and that of races for locks:
# one after the other they go on beside the first, and their reports follow its own.
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
chromium() {
    DJANGO_ALLOW_ASYNC_UNSAFE=1 ASSESSPREP_TEST_DB=build/test-browser.sqlite3 \
        exec $PY -m tests.services $PY -m pytest -n 2 --dist worksteal --nomigrations -m browser --junitxml=build/tests/chromium.xml \
        "${in_chromium[@]}" "$@"
}
mariadb() {
    exec $PY -m tests.services $PY -m pytest -m "mariadb and not browser" --junitxml=build/tests/mariadb.xml "${on_mariadb[@]}" "$@"
}
(
    trap 'kill $(jobs -p) 2>/dev/null; exit 143' TERM
    for run in chromium mariadb; do
        "$run" "$@" >"build/tests/$run.log" 2>&1 &
        wait $!
        echo $? >"build/tests/$run.rc"
    done
) &
beside=$!
trap 'kill "$beside" 2>/dev/null' INT TERM

$PY -m pytest -n 2 --dist worksteal -m "not mariadb and not browser and not faults" --junitxml=build/tests/plain.xml "$@"
judge $?
echo "waiting for the runs in Chromium and on MariaDB, which go on beside this one (build/tests/*.log)"
wait "$beside"
for run in mariadb chromium; do
    cat "build/tests/$run.log"
    judge "$(cat "build/tests/$run.rc" || echo 1)"
done

$PY -m tests.tally build/tests/*.xml || rc=1
if [ $rc -ne 0 ]; then echo "make test: at least one of the three runs above FAILED" >&2; fi
exit $rc
