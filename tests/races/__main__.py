"""``python -m tests.races --rounds 10000``: the long form of the races, on its own MariaDB. The last line is the result.

The short form is among the tests (``tests/races/test_campaign.py``).
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from datetime import UTC, datetime


def main(arguments: list[str]) -> int:
    """Run the rounds; 0 when nothing was lost, doubled or otherwise wrong."""
    asked = argparse.ArgumentParser(prog="python -m tests.races")
    asked.add_argument("--rounds", type=int, default=10_000, help="races: three for each learner's test")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args(arguments)
    if os.environ.get("ASSESSPREP_ON_MARIADB") != "1":
        from tests import services

        return services.main([sys.executable, "-m", "tests.races", *arguments])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devlms.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from tests.races.campaign import RACES, Campaign, Team, deadlocks

    logging.disable(logging.ERROR)
    before, now = deadlocks(), datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
    with Team() as together:
        tally = Campaign(now, together, seed=given.seed).run(
            -(-given.rounds // RACES), told=lambda line: print(line, flush=True)
        )
    print(f"refused: {dict(tally.refused)}")
    print(f"{tally.line()}, {deadlocks() - before} deadlocks")
    return 0 if not (tally.lost or tally.doubled or tally.wrong) and deadlocks() == before else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
