"""Negative controls: with one part of the embedded LMS spoiled the main job has to fail, and at the step that watches it.

A check that cannot fail proves nothing. The switches are ``devlms/spoil.py``'s; the product itself has none.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import answers
from .job import Outcome, walk
from .server import ROOT, running_demo, seed


@dataclass(frozen=True)
class Control:
    """What is spoiled, by which switch, at which step that has to be noticed, and a word of what is said then."""

    name: str
    what: str
    switch: str
    value: str
    step: str
    word: str


def all_controls(changed_question: str) -> list[Control]:
    """The five."""
    return [
        Control("mixin", "the gate's block mixin is removed", "DEVLMS_WITHOUT_GATE_MIXIN", "1", "gate", "the handler"),
        Control("middleware", "the gate's middleware is removed", "DEVLMS_WITHOUT_GATE_MIDDLEWARE", "1", "gate", "the page"),
        Control("drafts", "a hand-in drops the drafts", "DEVLMS_HAND_IN_DROPS_DRAFTS", "1", "gradebook", "in the gradebook"),
        Control(
            "key",
            "one answer key is changed after the expectation was computed",
            "DEVLMS_CHANGE_ONE_KEY",
            changed_question,
            "gradebook",
            "in the gradebook",
        ),
        Control(
            "tries",
            "the wrong-try limit is raised to 1,000",
            "DEVLMS_WRONG_TRIES",
            "1000",
            "wrong tries",
            "wrong code number 6",
        ),
    ]


def verdict(control: Control, outcome: Outcome) -> str:
    """What is wrong with how this control ended; empty where it failed as it should."""
    if outcome.ok:
        return "nobody noticed: the main job went through"
    if outcome.step != control.step:
        return f"failed at “{outcome.step}” instead: {outcome.sentence}"
    if not outcome.noticed or control.word not in outcome.sentence:
        return f"failed at the right step for another reason: {outcome.sentence}"
    return ""


def run(number: int, say: Callable[[str], None]) -> int:
    """Run every control on a copy of one seeded database; 0 if each failed where it should."""
    began = time.monotonic()
    say(f"Controls, seed {number} (python -m tests.smoke --controls --seed {number} repeats them): each run has to fail")
    _title, questions = answers.read_assessment()
    rng = random.Random(number)
    sheets = answers.draw_sheets(questions, rng, students=3)
    controls = all_controls(answers.question_to_spoil(questions, sheets, rng))
    with tempfile.TemporaryDirectory(prefix="assessprep-controls-") as name:
        folder = Path(name)
        base = seed(folder)
        say(f"    seeded once after {time.monotonic() - began:.0f} s")
        wrong = [control for control in controls if not _failed_as_it_should(control, folder, base, number, sheets, say)]
    say(f"    {len(controls)} controls in {time.monotonic() - began:.0f} s")
    if wrong:
        say(f"CONTROLS FAILED: {', '.join(control.name for control in wrong)}")
        return 1
    say(f"all {len(controls)} controls failed where they should")
    return 0


def _failed_as_it_should(
    control: Control, folder: Path, base: Path, number: int, sheets: Sequence[answers.Sheet], say: Callable[[str], None]
) -> bool:
    file = ROOT / "build" / f"demo-smoke-control-{control.name}.json"
    with running_demo(
        folder / control.name, file.with_suffix(".log"), base=base, spoiled={control.switch: control.value}
    ) as demo:
        outcome = walk(demo, seed=number, file=file, say=lambda _line: None, sheets=list(sheets))
    wrong = verdict(control, outcome)
    mark = "✗" if wrong else "✓"
    say(f"{mark}   {control.what}: {wrong or f'failed at “{outcome.step}”: {outcome.sentence}'} ({outcome.seconds:.0f} s)")
    return not wrong
