"""``python -m tests.mutants``: one thing wrong with the rules and actions of attempts each time. Who notices?

``python -m tests.mutants assessprep_xblock/domain/attempts/actions_back.py`` for one module. What was not noticed is printed
as a difference, and kept in ``build/mutants/``. Needs mutmut, which knows what can go wrong: ``make mutants``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.mutants.changes import changes
from tests.mutants.judging import NOTICED, Judge

#: Rules, clocks and actions of attempts; and the tests that are asked.
MODULES = (
    "assessprep_xblock/domain/attempts/access.py",
    "assessprep_xblock/domain/attempts/clock.py",
    "assessprep_xblock/domain/attempts/rules.py",
    "assessprep_xblock/domain/sessions/clock.py",
)
ACTIONS = "assessprep_xblock/domain/attempts/actions*.py"
TESTS = ("tests/domain", "tests/flows", "tests/doors")

#: Seconds after which a test with something wrong hangs.
HANGS = 60

#: They come past everything and look at other things.
UNASKED = tuple(f"tests/doors/test_{name}.py" for name in ("matrix", "hostile_texts", "mass_assignment", "twice", "attacks"))

#: How many in a hundred have to be noticed, in each module.
GOAL = 90


def main(arguments: list[str]) -> int:
    """Judge every change; 0 when enough of them are noticed in each module."""
    asked = argparse.ArgumentParser(prog="python -m tests.mutants")
    asked.add_argument("modules", nargs="*", default=[*MODULES, *sorted(map(str, Path().glob(ACTIONS)))])
    asked.add_argument("--tests", nargs="+", default=TESTS, help="where to look for tests that notice")
    asked.add_argument("--seconds", type=float, default=60, help="of tests for one change, the likeliest first")
    asked.add_argument("--remember", action="store_true", help="what was seen of the tests before: for the same code")
    given = asked.parse_args(arguments)
    wrong = [change for name in given.modules for change in changes(Path(name))]
    Path("build/mutants").mkdir(parents=True, exist_ok=True)
    judge = Judge(wrong, seconds=given.seconds, remember=given.remember)
    options = ["-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", f"timeout={HANGS}"]
    options += [f"--ignore={name}" for name in UNASKED]
    chosen = ["-m", "not mariadb and not browser and not faults", *given.tests]
    outcome = int(pytest.main([*options, *chosen], plugins=[judge]))
    if len(judge.verdicts) < len(wrong):
        print("the tests could not be run")
        return outcome or 1
    return tell(judge)


def tell(judge: Judge) -> int:
    """What was noticed in each module, and what was not."""
    kept = Path("build/mutants")
    kept.mkdir(parents=True, exist_ok=True)
    enough = True
    for path in sorted({change.path for change in judge.wrong}):
        of = [(change, judge.verdicts[place]) for place, change in enumerate(judge.wrong) if change.path == path]
        left = [
            {"function": change.function, "line": change.first, "verdict": verdict, "diff": change.diff}
            for change, verdict in of
            if verdict != NOTICED
        ]
        for each in left:
            print(f"\n{path}:{each['line']} {each['function']}: {each['verdict']}\n{each['diff']}")
        noticed = len(of) - len(left)
        (kept / f"{path.replace('/', '.')}.json").write_text(
            json.dumps({"module": path, "noticed": noticed, "of": len(of), "left": left}, indent=1)
        )
        enough = enough and noticed * 100 >= GOAL * len(of)
    print()
    counts = Counter(change.path for change in judge.wrong)
    noticed_of = Counter(change.path for place, change in enumerate(judge.wrong) if judge.verdicts[place] == NOTICED)
    for path, number in sorted(counts.items()):
        print(f"{noticed_of[path]:5} of {number:4} {noticed_of[path] / number:6.1%}  {path}")
    print(f"{noticed_of.total()} of {counts.total()} noticed ({noticed_of.total() / max(counts.total(), 1):.1%})")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
