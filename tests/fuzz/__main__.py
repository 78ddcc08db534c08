"""``python -m tests.fuzz --cases 5000``: schemathesis makes up requests from the schema that we serve, good ones and bad.

No answer may be a server error, and every answer has to be one that the schema tells of. Most requests name a real session,
attempt or course and come from somebody who may call, and many good bodies are mixed with one that is known to be taken:
not everything ends at the first look. After each case the scene is as it was. Needs schemathesis: ``make test-fuzz``.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys


def main(arguments: list[str]) -> int:
    """Run the cases; 0 when there was no server error and nothing that the schema does not tell."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz")
    asked.add_argument("--cases", type=int, default=5_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--only", default="", help="part of an operation's name: 'POST /assessprep/api/v1/banks'")
    given = asked.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devlms.settings")
    import django

    django.setup()
    logging.disable(logging.CRITICAL)
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment()
    connection.creation.create_test_db(verbosity=0)
    from tests.fuzz.cases import Fuzz

    fuzz = Fuzz(random.Random(given.seed))
    fuzz.run(given.cases, only=given.only)
    for problem, times in sorted(fuzz.problems.items()):
        print(f"{times:4} x {problem}\n")
    print(f"answers: {dict(sorted(fuzz.answers.items()))}")
    errors = sum(number for status, number in fuzz.answers.items() if status >= 500)
    print(
        f"{sum(fuzz.answers.values())} cases of {len(fuzz.told)} operations: {errors} server errors, "
        f"{len(fuzz.problems)} schema violations"
    )
    return 1 if fuzz.problems or errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
