"""``python -m tests.faults``: the fault tests on a MariaDB of their own that they may kill. What follows goes to pytest.

``ASSESSPREP_FAULT_KILLS=20`` kills each server that often (default: 3).
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from tests.faults import servers
from tests.services import Missing, required


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
            return int(pytest.main(["-m", "faults", "-p", "no:randomly", "tests/faults", *arguments]))
        finally:
            servers.DATABASE_SERVER.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
