"""The line that sums up the runs of ``make test``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tally

REPORT = '<testsuites><testsuite tests="{tests}" skipped="{skipped}" failures="{failures}" errors="0"/></testsuites>'


@pytest.fixture
def reports(tmp_path: Path):
    def write(*counts: dict[str, int]) -> list[Path]:
        paths = [tmp_path / f"{place}.xml" for place in range(len(counts))]
        for path, numbers in zip(paths, counts, strict=True):
            path.write_text(REPORT.format(**{"skipped": 0, "failures": 0, **numbers}))
        return paths

    return write


def test_the_runs_are_added_up(reports, capsys):
    assert tally.main(reports({"tests": 10, "skipped": 2}, {"tests": 5})) == 0
    assert capsys.readouterr().out == "==== 13 passed, 2 skipped in 2 runs ====\n"


@pytest.mark.parametrize("counts", [{"tests": 10, "failures": 1}, {"tests": 4, "skipped": 4}])
def test_a_failure_or_a_run_without_tests_is_not_green(reports, counts):
    assert tally.main(reports(counts)) == 1
