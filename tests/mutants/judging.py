"""Who notices: each wrong function in a process of its own, with the tests that come past the changed lines.

Pytest collects the tests and makes the database once. Everything else happens in children of that process, which begin with
all of it in memory: what a changed function costs is the tests that are run, and nothing else.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any, cast

import coverage
import pytest
from _pytest.runner import runtestprotocol

from tests.mutants.changes import Change

#: What became of a change.
NOTICED, UNNOTICED, NOT_RUN = "noticed", "unnoticed", "no test comes past"

#: Seconds after which a test is asked behind the others: those that look for the shortest way to fail take longest.
LONG = 3

#: Children at a time.
PROCESSES = int(os.environ.get("ASSESSPREP_MUTANTS_AT_ONCE", "2"))

#: Where lines are watched, and where what was seen is kept: what each test took, None where it fails, and the lines it ran.
WATCHED = "assessprep_xblock/domain/*/*.py"
KNOWN = Path("build/mutants/known.pickle")
#: What the tests said in the children.
OUTPUT = Path("build/mutants/children.log")
Known = dict[str, tuple[float | None, list[tuple[str, int]]]]


@dataclass(frozen=True)
class Follows:
    """The next test, as far as pytest asks: one that shares nothing with the last but the session."""

    session: pytest.Session

    def listchain(self) -> list[Any]:
        """What stays set up for it."""
        return [self.session]


class Judge:
    """A pytest plugin that runs the tests for each change instead of once."""

    def __init__(self, wrong: Sequence[Change], *, seconds: float, remember: bool) -> None:
        self.wrong = wrong
        self.seconds = seconds
        self.remember = remember
        self.verdicts: dict[int, str] = {}
        self._items: list[pytest.Item] = []
        #: What each test took, and which tests came past a line.
        self._took: dict[int, float] = {}
        self._past: dict[tuple[str, int], set[int]] = defaultdict(set)
        #: How many lines of a module a test comes past.
        self._width: dict[str, Counter[int]] = defaultdict(Counter)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Find out which tests come past which line, then judge every change."""
        self._items, self._follows = session.items, Follows(session)
        # A test with a database, so that there is one when children begin.
        first = next(item for item in self._items if item.get_closest_marker("django_db"))
        assert self._passes(first), f"{first.nodeid} fails as things are"
        self._functions = _functions({os.path.abspath(change.path) for change in self.wrong})
        self._watch()
        began, told = time.monotonic(), 0
        order = sorted(range(len(self.wrong)), key=lambda place: (self.wrong[place].path, self.wrong[place].begins))
        killers: dict[str, Counter[int]] = defaultdict(Counter)

        def judged(place: int, killer: int | None) -> None:
            nonlocal told
            self.verdicts[place] = UNNOTICED if killer is None else NOTICED
            if killer is not None:
                killers[self.wrong[place].path + self.wrong[place].function][killer] += 1
            told += 1
            if told % 100 == 0:
                found = Counter(self.verdicts.values())
                print(f"{told} of {len(order)} in {time.monotonic() - began:.0f} s: {dict(found)}", flush=True)

        def jobs() -> Any:
            for place in order:
                change = self.wrong[place]
                tests = self._tests(change, killers[change.path + change.function])
                if not tests:
                    self.verdicts[place] = NOT_RUN
                    continue
                yield place, partial(self._killer, change, tests)

        _in_children(jobs(), judged)
        return True

    def _passes(self, item: pytest.Item) -> bool:
        # As if another followed: what all tests share, the database for one, is not taken down.
        reports = runtestprotocol(item, log=False, nextitem=cast("pytest.Item", self._follows))
        failed = [report for report in reports if report.failed]
        for report in failed:
            print(item.nodeid, report.when, report.longreprtext[-3000:])
        return not failed

    def _watch(self) -> None:
        """Run every test once, in children, and keep what it took and where it came past; not those that are known."""
        names = {item.nodeid: place for place, item in enumerate(self._items)}
        known: Known = pickle.loads(KNOWN.read_bytes()) if self.remember and KNOWN.exists() else {}  # noqa: S301  (we wrote it)
        left = [place for name, place in names.items() if name not in known]
        parts = [left[start :: PROCESSES * 8] for start in range(PROCESSES * 8)]
        _in_children(enumerate(partial(self._watched, part) for part in parts), lambda _, found: known.update(found))
        KNOWN.write_bytes(pickle.dumps(known))
        for name, (took, lines) in known.items():
            if name in names and took is not None:
                self._took[names[name]] = took
                for path, line in lines:
                    self._past[path, line].add(names[name])
                    self._width[path][names[name]] += 1
        if failing := sorted(set(names.values()) - set(self._took)):
            print(f"{len(failing)} tests fail as things are, and judge nothing:")
            print("\n".join(f"  {self._items[place].nodeid}" for place in failing), flush=True)

    def _watched(self, places: Sequence[int]) -> Known:
        found: Known = {}
        for place in places:
            watcher = coverage.Coverage(data_file=None, config_file=False, include=[f"{Path.cwd()}/{WATCHED}"])
            watcher.set_option("run:disable_warnings", ["no-data-collected"])
            watcher.start()
            began = time.monotonic()
            passed = self._passes(self._items[place])
            took = time.monotonic() - began
            watcher.stop()
            data = watcher.get_data()
            lines = [(path, line) for path in data.measured_files() for line in data.lines(path) or ()]
            found[self._items[place].nodeid] = (took if passed else None, lines)
        return found

    def _tests(self, change: Change, killers: Counter[int]) -> list[int]:
        """Those that come past the change: first who noticed others of this function, then who sees most of the module."""
        path = os.path.abspath(change.path)
        past = set().union(*(self._past[path, line] for line in range(change.first, change.last + 1)))
        # A query that is prepared once is run by nobody afterwards: whoever comes past the module may notice.
        past = past or set(self._width[path])
        chosen, spent = [], 0.0
        wide = self._width[path]
        for place in sorted(past, key=lambda at: (-killers[at], self._took[at] > LONG, -wide[at], self._took[at])):
            spent += self._took[place]
            if chosen and spent > self.seconds:
                break
            chosen.append(place)
        return chosen

    def _spoil(self, change: Change) -> None:
        """Put the changed code in place of the function's."""
        held = self._functions[os.path.abspath(change.path), change.function]
        assert held, f"{change.function} of {change.path} is nowhere"
        for each in held:
            each.__code__ = change.code

    def _killer(self, change: Change, tests: Sequence[int]) -> int | None:
        """The first test that fails with the change in place, or nobody."""
        self._spoil(change)
        return next((place for place in tests if not self._passes(self._items[place])), None)


def _functions(paths: Collection[str]) -> dict[tuple[str, str], list[FunctionType]]:
    """Every function of these modules, by path and name, wherever it is held: below decorators, in tasks, elsewhere."""
    held: dict[tuple[str, str], list[FunctionType]] = defaultdict(list)
    functions = [each for each in gc.get_objects() if isinstance(each, FunctionType) and each.__code__.co_filename in paths]
    for each in functions:
        # What a decorator made bears the name of what it wraps, and has another code.
        if each.__code__.co_qualname == each.__qualname__:
            held[each.__code__.co_filename, each.__qualname__].append(each)
    return held


def _in_children(jobs: Iterable[tuple[int, Callable[[], Any]]], done: Callable[[int, Any], None]) -> None:
    """Do each job in a child of its own, some at a time, and hand over what it returned."""
    running: dict[int, tuple[int, Any]] = {}

    def wait() -> None:
        pid, status = os.wait()
        number, answer = running.pop(pid)
        if os.waitstatus_to_exitcode(status):
            raise RuntimeError(f"a child failed: see {OUTPUT}")
        # A file, because a pipe that is full holds up whoever writes until somebody reads.
        with answer:
            answer.seek(0)
            done(number, pickle.load(answer))  # noqa: S301  (our own child wrote it)

    for number, job in jobs:
        answer = tempfile.TemporaryFile()  # noqa: SIM115  (closed where it is read)
        if (pid := os.fork()) == 0:
            _child(job, answer)
        running[pid] = number, answer
        if len(running) >= PROCESSES:
            wait()
    while running:
        wait()


def _child(job: Callable[[], Any], answer: Any) -> None:
    """Never returns."""
    code = 1
    try:
        # Pytest keeps what is printed for the process that it started in.
        sys.stdout = sys.stderr = OUTPUT.open("a")
        pickle.dump(job(), answer)
        answer.flush()
        code = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
