"""One line for all the runs of ``make test``: ``python -m tests.tally build/tests/*.xml`` (pytest's JUnit reports).

Exits with 1 where a test failed, or where none was run at all: an empty run is not a green one.
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree


def count(reports: list[Path]) -> dict[str, int]:
    """How many tests of these reports passed, were skipped, failed or broke down."""
    suites = [suite for report in reports for suite in ElementTree.parse(report).iter("testsuite")]
    total = {name: sum(int(suite.get(name, 0)) for suite in suites) for name in ("tests", "skipped", "failures", "errors")}
    passed = total.pop("tests") - sum(total.values())
    return {"passed": passed, **total}


def main(reports: list[Path]) -> int:
    """Print the line and return the exit code."""
    counts = count(reports)
    words = ", ".join(f"{number} {name}" for name, number in counts.items() if number or name == "passed")
    print(f"==== {words} in {len(reports)} runs ====")
    return int(not counts["passed"] or bool(counts["failures"] or counts["errors"]))


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]]))
