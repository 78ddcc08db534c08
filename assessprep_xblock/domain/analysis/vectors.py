"""One learner's answers as a short string of bytes: points, what was answered, what was chosen. And many of them as arrays.

For ``k`` questions and ``p`` parts with answers to choose from: ``k`` float64 (points), ``k`` bytes (1: answered), ``k``
uint32 (seconds, 0: not known), ``p`` uint32 (a bit for each option), all little-endian. Forty questions take some 600
bytes; 100,000 learners 60 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Kind = TypeVar("Kind", bound=np.generic)


def layout(questions: int, parts: int) -> np.dtype:
    """The bytes of one learner."""
    of_question = [("scores", "<f8", (questions,)), ("answered", "?", (questions,)), ("spent", "<u4", (questions,))]
    return np.dtype([*of_question, ("chosen", "<u4", (parts,))])


def pack(scores: Sequence[float], answered: Sequence[bool], chosen: Sequence[int], spent: Sequence[int] = ()) -> bytes:
    """One learner's bytes."""
    row = np.zeros(1, layout(len(scores), len(chosen)))
    row["scores"], row["answered"], row["chosen"] = scores, answered, chosen
    row["spent"] = spent or 0
    return row.tobytes()


@dataclass(frozen=True)
class Answers:
    """Many learners' answers: ``scores`` (n, k) in points, ``answered`` (n, k), ``chosen`` (n, p), ``spent`` (n, k) in
    seconds, 0 where it is not known."""

    scores: NDArray[np.float64]
    answered: NDArray[np.bool_]
    chosen: NDArray[np.uint32]
    spent: NDArray[np.uint32]

    def of(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Answers:
        """Some of the learners."""
        return Answers(self.scores[rows], self.answered[rows], self.chosen[rows], self.spent[rows])


class Gathering:
    """Many learners' bytes, unpacked as they come. ``expected``: about how many; memory is taken as it is used."""

    def __init__(self, questions: int, parts: int, *, expected: int = 0) -> None:
        self._layout = layout(questions, parts)
        self._used = 0
        self._scores = np.empty((max(expected, 1), questions))
        self._answered = np.empty((max(expected, 1), questions), dtype=np.bool_)
        self._chosen = np.empty((max(expected, 1), parts), dtype=np.uint32)
        self._spent = np.empty((max(expected, 1), questions), dtype=np.uint32)

    def add(self, packed: Sequence[bytes]) -> None:
        """Some more learners, in order; each of the length that ``layout`` says."""
        rows = np.frombuffer(b"".join(packed), self._layout)
        until = self._used + len(rows)
        if until > len(self._scores):
            room = max(until, 2 * len(self._scores))
            self._scores = _grown(self._scores, room)
            self._answered = _grown(self._answered, room)
            self._chosen = _grown(self._chosen, room)
            self._spent = _grown(self._spent, room)
        self._scores[self._used : until] = rows["scores"]
        self._answered[self._used : until] = rows["answered"]
        self._chosen[self._used : until] = rows["chosen"]
        self._spent[self._used : until] = rows["spent"]
        self._used = until

    def replace(self, row: int, packed: bytes) -> None:
        """Another learner's bytes in the place of an earlier one's."""
        one = np.frombuffer(packed, self._layout)
        self._scores[row], self._answered[row], self._chosen[row] = one["scores"], one["answered"], one["chosen"]
        self._spent[row] = one["spent"]

    def answers(self) -> Answers:
        """Everything so far."""
        until = self._used
        return Answers(self._scores[:until], self._answered[:until], self._chosen[:until], self._spent[:until])


def _grown(values: NDArray[Kind], rows: int) -> NDArray[Kind]:
    grown = np.empty((rows, values.shape[1]), dtype=values.dtype)
    grown[: len(values)] = values
    return grown
