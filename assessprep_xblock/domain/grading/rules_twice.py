"""Marking by two people: which answers, what counts once both marks are in, and who may do what. Values in, values out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from ..shared.refusals import Refusal
from .rules import CLOSE, Given

ROUNDS = (1, 2)
#: Round -> what its steps are called in the history.
WAYS = {1: "first", 2: "second"}
#: The seat of whoever settles between two marks.
SETTLING = 3
#: Whoever settles may give parts of a step of marks: the mean of two marks lies between two steps.
STEPS_OF_SETTLING = 2
LOTS = 10_000


class One(Protocol):
    """One of the two marks."""

    @property
    def round(self) -> int: ...

    @property
    def points(self) -> float: ...

    @property
    def criteria(self) -> Mapping[str, float]: ...

    @property
    def comment(self) -> str: ...


def drawn(settings: Mapping[str, Any], lot: int) -> bool:
    """Whether two people mark this submission, by the session's settings and the lot it drew (0 to 9,999).

    A lot never changes, so a submission never leaves a sample that grows, and hand-ins draw nobody else in or out.
    """
    how = settings["second_marking"]
    return how == "all" or (how == "sample" and lot < settings["second_sample"] * LOTS // 100)


def by_two(*, is_drawn: bool, machine: float | None, mark: float | None, way: str, marks_in: int) -> bool:
    """Whether one answer is marked by two people: it needs a person, and one person's mark does not stand already.

    Where both marks are in they stay two, whatever became of the settings.
    """
    if machine is not None:
        return False
    return marks_in == 2 or (is_drawn and (mark is None or bool(way)))


def free_round(taken: Collection[int], *, seat: int | None, asked: int | None) -> int:
    """Which of the two marks somebody gives who has given none: the one asked for, that of her seat, or the lowest free."""
    free = [one for one in ROUNDS if one not in taken]
    if asked is not None:
        if asked not in free:
            raise Refusal("round_taken")
        return asked
    return seat if seat in free else free[0]


def agreed(marks: Sequence[One], tolerance: float) -> Given | None:
    """What counts of two marks that differ by no more than the tolerance: their mean; else None."""
    one, other = marks
    return mean(marks) if abs(one.points - other.points) <= tolerance + CLOSE else None


def stands(marks: Sequence[One], *, mark: float | None, way: str, tolerance: float, told: bool) -> bool:
    """Whether what came of two marks stands by a tolerance that may be another one than when they were given.

    What somebody settled stands, and what students were told (``told``) is not taken back from them; else close marks count
    their mean, and others are a conflict (``mark`` None).
    """
    if way == "settled" or (mark is not None and told):
        return True
    return (agreed(marks, tolerance) is not None) == (mark is not None)


def mean(marks: Sequence[One]) -> Given:
    """The mean of two marks, of each criterion too.

    It is not rounded to the step of marks: whichever way it went, one of the two people would count for more. Comments
    are both told to the student, the first one's first; the same words once.
    """
    one, other = sorted(marks, key=lambda mark: mark.round)
    names = one.criteria.keys() | other.criteria.keys()
    return Given(
        points=(one.points + other.points) / 2,
        criteria={name: (one.criteria.get(name, 0.0) + other.criteria.get(name, 0.0)) / 2 for name in sorted(names)},
        comment="\n\n".join(dict.fromkeys(text for text in (one.comment.strip(), other.comment.strip()) if text)),
    )


def check_settling(given: Given, *, marks_in: int) -> None:
    """Refuse to settle what is not there to be settled, or without a word why."""
    if marks_in < len(ROUNDS):
        raise Refusal("second_mark_missing")
    if given.points is None:
        raise Refusal("invalid", field="points", why="it has to be a number")
    if not given.reason.strip():
        raise Refusal("settling_reason_needed")


def seats(*, is_drawn: bool, waiting: Sequence[tuple[int, bool]]) -> tuple[int, ...]:
    """The seats at a submission among which somebody may take one.

    ``waiting``: of each answer that still waits for a mark, how many marks are in and whether one of them is her own. Where
    everything has its first mark there is one seat left for the second; where nothing waits, the one for settling.
    """
    if not is_drawn:
        return (1,)
    if not waiting:
        return (SETTLING,)
    return ROUNDS if any(not marks or own for marks, own in waiting) else (2,)
