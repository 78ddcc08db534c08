"""One learner's answers as a short string of bytes: points, what was answered, what was chosen. And many of them as arrays.

For ``k`` questions and ``p`` parts with answers to choose from: ``k`` float64 (points), ``k`` bytes (1: answered), ``p``
uint32 (a bit for each option), all little-endian. Forty questions take some 400 bytes; 100,000 learners 40 MB.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def layout(questions: int, parts: int) -> np.dtype:
    """The bytes of one learner."""
    return np.dtype([("scores", "<f8", (questions,)), ("answered", "?", (questions,)), ("chosen", "<u4", (parts,))])


def pack(scores: Sequence[float], answered: Sequence[bool], chosen: Sequence[int]) -> bytes:
    """One learner's bytes."""
    row = np.zeros(1, layout(len(scores), len(chosen)))
    row["scores"], row["answered"], row["chosen"] = scores, answered, chosen
    return row.tobytes()


@dataclass(frozen=True)
class Answers:
    """Many learners' answers: ``scores`` (n, k) in points, ``answered`` (n, k), ``chosen`` (n, p)."""

    scores: NDArray[np.float64]
    answered: NDArray[np.bool_]
    chosen: NDArray[np.uint32]

    def of(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Answers:
        """Some of the learners."""
        return Answers(self.scores[rows], self.answered[rows], self.chosen[rows])


def unpack(packed: Iterable[bytes], questions: int, parts: int) -> Answers:
    """Arrays out of many learners' bytes, each of the length that ``layout`` says."""
    found = np.frombuffer(b"".join(packed), layout(questions, parts))
    return Answers(
        np.ascontiguousarray(found["scores"], dtype=np.float64).reshape(-1, questions),
        np.ascontiguousarray(found["answered"]).reshape(-1, questions),
        np.ascontiguousarray(found["chosen"], dtype=np.uint32).reshape(-1, parts),
    )
