"""``python -m tests.faults``: the fault tests on a MariaDB of their own that they may kill. What follows goes to pytest.

``ASSESSPREP_FAULT_KILLS=20`` kills each server that often (default: 3). ``-k every_server_dies_once`` is the short form.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from tests.faults import servers
from tests.services import Missing, required


def last_line(*, lost: bool) -> str:
    """What the whole run did, in one line."""
    # By the name pytest loads it under: it counts there.
    told = sys.modules["tests.faults.room"].TOLD
    result = "SOMETHING WENT WRONG: see above" if lost else "0 lost, 0 doubled"
    return f"{told['kills']} kills, {told['answers']} answers and {told['submits']} submits acknowledged: {result}"


def main(arguments: list[str]) -> int:
    """Start MariaDB, run the tests in this very process, so that they can reach it, and stop it."""
    with tempfile.TemporaryDirectory(prefix="assessprep-faults-") as name:
        try:
            servers.DATABASE_SERVER = servers.database(Path(name))
        except (Missing, ImportError) as missing:
            print(f"\n*** FAULT TESTS NOT RUN: {missing} ***\n", file=sys.stderr)
            return 3 if required() else 0
        try:
            os.environ.update(servers.DATABASE_SERVER.env)
            outcome = int(pytest.main(["-m", "faults", "-p", "no:randomly", "tests/faults", *arguments]))
            print(f"\n{last_line(lost=outcome != 0)}")
            return outcome
        finally:
            servers.DATABASE_SERVER.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
