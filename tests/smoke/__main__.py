"""``python -m tests.smoke [--seed N]``, ``python -m tests.smoke --controls``."""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from . import __doc__ as about
from . import controls
from .checks import CannotStart
from .job import Outcome, walk
from .server import ROOT, running_demo

RECORD = ROOT / "build" / "demo-smoke.json"
LOG = ROOT / "build" / "demo-smoke.log"


def say(line: str) -> None:
    """To the person at the terminal, at once."""
    print(line, flush=True)


def smoke(seed: int) -> int:
    """The main job once."""
    began = time.monotonic()
    say(f"The main job, seed {seed} (make demo-smoke draws another; python -m tests.smoke --seed {seed} repeats this one)")
    with tempfile.TemporaryDirectory(prefix="assessprep-smoke-") as name, running_demo(Path(name), LOG) as demo:
        say(f"    demo on {demo.site} with a fresh database after {time.monotonic() - began:.0f} s")
        outcome = walk(demo, seed=seed, file=RECORD, say=say)
    say(f"    {outcome.requests} requests in {outcome.seconds:.0f} s, each in {RECORD.relative_to(ROOT)};")
    say(f"    the server's own output in {LOG.relative_to(ROOT)}")
    return _told(outcome)


def _told(outcome: Outcome) -> int:
    if outcome.ok:
        say("main job ok")
        return 0
    say(f"FAILED at “{outcome.step}”: {outcome.sentence}")
    return 1


def main() -> int:
    """Read the arguments, run, and return the exit code."""
    reader = argparse.ArgumentParser(
        prog="python -m tests.smoke", description=about, formatter_class=argparse.RawTextHelpFormatter
    )
    reader.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000), help="repeat a run")
    reader.add_argument("--controls", action="store_true", help="spoil one part at a time; every run has to fail")
    given = reader.parse_args()
    # A polite kill must still stop the server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return controls.run(given.seed, say) if given.controls else smoke(given.seed)
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped; the demo is stopped, too.", file=sys.stderr)
        return 130


sys.exit(main())
