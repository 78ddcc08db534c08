"""``python -m bench [NAME ...]``: measure, print the table, keep ``build/bench.json``; exit status 1 where a goal is
missed."""

from __future__ import annotations

import argparse
import datetime
import importlib
import os
import platform
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import NoReturn

from bench.rows import Row, keep, table

#: In the order in which they run.
BENCHES = ("analysis", "endpoints", "gates", "storm", "peer", "sizes", "day", "usage", "monitor")
RESULT = Path(__file__).resolve().parent.parent / "build" / "bench.json"
#: The last run that was worth keeping.
KEPT = RESULT.parent.parent / "docs" / "bench.json"

#: A shell gives a job in the background a SIGINT that is ignored: that has to be said anew.
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def _about() -> dict[str, str]:
    """When and where the figures were measured; the load says how much else the machine had to do."""
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()}",
        "load": " ".join(f"{one:.1f}" for one in os.getloadavg()),
    }


def _ended(number: int, _frame: object) -> NoReturn:
    """End in order, so that every server that was started is stopped; a second signal does not cut that short."""
    for one in ENDING:
        signal.signal(one, signal.SIG_IGN)
    raise SystemExit(128 + number)


def main(argv: list[str]) -> int:
    """Run the benches named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what it costs, against goals.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(BENCHES)}; all unless given")
    parser.add_argument("--keep", action="store_true", help="keep the figures in docs/bench.json too, with date and machine")
    given = parser.parse_args(argv)
    names = given.names or list(BENCHES)
    if strange := set(names) - set(BENCHES):
        parser.error(f"there is no bench {', '.join(sorted(strange))}; there are: {', '.join(BENCHES)}")
    begun, rows, failed = time.monotonic(), list[Row](), list[str]()
    before = {one: signal.signal(one, _ended) for one in ENDING}
    try:
        for name in names:
            print(f"{name} …", flush=True)
            try:
                found = importlib.import_module(f"bench.{name}").run(lambda text: print(f"  {text}", flush=True))
            except Exception:  # noqa: BLE001  what the others measure is worth having
                traceback.print_exc()
                failed.append(name)
                continue
            rows += found
            # At once: whatever happens to the next one, what was measured is kept.
            keep(found, RESULT)
            if given.keep:
                keep(found, KEPT, about=_about())
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    print(f"\n{table(rows)}\n")
    missed = [row.name for row in rows if not row.met]
    print(f"{len(rows)} figures in {time.monotonic() - begun:.0f} s, kept in {RESULT}")
    if missed:
        print(f"MISSED: {', '.join(missed)}")
    if failed:
        print(f"FAILED, without figures: {', '.join(failed)}")
    return 1 if missed or failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
