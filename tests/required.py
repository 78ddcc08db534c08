"""With ``ASSESSPREP_REQUIRE=all`` a test of MariaDB, Redis or Chromium that skips turns the whole run red.

A check that silently did not run is the most dangerous kind of green. The hooks are taken over by ``conftest.py``.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.services import required

MARKS = ("mariadb", "redis", "browser")
_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember each skip of an optional part."""
    if report.skipped and not hasattr(report, "wasxfail") and any(mark in report.keywords for mark in MARKS):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        _skipped.append(f"{report.nodeid}: {why}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turn the run red."""
    if required() and _skipped and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say which, and why."""
    if not _skipped:
        return
    if required():
        terminalreporter.section("FAILED: skipped although ASSESSPREP_REQUIRE=all", sep="!", red=True)
    else:
        terminalreporter.section("NOT RUN: an optional part is not here", sep="!", yellow=True)
    for line in _skipped:
        terminalreporter.write_line(line)
