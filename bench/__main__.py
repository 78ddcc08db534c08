"""``python -m bench [NAME ...]``: measure, print the table, keep ``build/bench.json``; exit status 1 where a goal is
missed."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

from bench.rows import Row, keep, table

#: In the order in which they run.
BENCHES = ("analysis", "endpoints", "sizes", "day", "usage")
RESULT = Path(__file__).resolve().parent.parent / "build" / "bench.json"


def main(argv: list[str]) -> int:
    """Run the benches named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what it costs, against goals.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(BENCHES)}; all unless given")
    names = parser.parse_args(argv).names or list(BENCHES)
    if strange := set(names) - set(BENCHES):
        parser.error(f"there is no bench {', '.join(sorted(strange))}; there are: {', '.join(BENCHES)}")
    begun, rows = time.monotonic(), list[Row]()
    for name in names:
        print(f"{name} …", flush=True)
        rows += importlib.import_module(f"bench.{name}").run(lambda text: print(f"  {text}", flush=True))
    keep(rows, RESULT)
    print(f"\n{table(rows)}\n")
    missed = [row.name for row in rows if not row.met]
    print(f"{len(rows)} figures in {time.monotonic() - begun:.0f} s, kept in {RESULT}")
    if missed:
        print(f"MISSED: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
