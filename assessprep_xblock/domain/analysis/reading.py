"""Reading submissions for an analysis: packed where they are packed already, from the attempts themselves where they
are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..attempts.models import AnswerDraft, Attempt, ItemResult
from ..library.models import VersionItem
from . import vectors
from .options import Part, chosen, parts_of

BATCH = 500
CHUNK = 2000


@dataclass(frozen=True)
class Question:
    """One question of a version. ``parts``: those with answers to choose from; ``first_part``: their place in a vector."""

    number: int
    block_id: str
    title: str
    points: float
    parts: tuple[Part, ...]
    first_part: int
    standards: tuple[str, ...] = ()


def questions_of(version_id: int) -> list[Question]:
    """A version's questions in its order; one query."""
    found: list[Question] = []
    place = 0
    for number, item in enumerate(VersionItem.objects.filter(version_id=version_id).order_by("position"), start=1):
        parts = tuple(parts_of(item.olx))
        standards = tuple(str(one) for one in getattr(item, "standards", ()) or ())
        found.append(Question(number, item.block_id, item.title, item.max_points, parts, place, standards))
        place += len(parts)
    return found


def packed_of(attempt_ids: Sequence[int], questions: Sequence[Question]) -> dict[int, bytes]:
    """Attempt -> its bytes, read from its results and drafts: three queries for each 500 attempts."""
    place = {question.block_id: number for number, question in enumerate(questions)}
    with_parts = [question.block_id for question in questions if question.parts]
    parts = sum(len(question.parts) for question in questions)
    found: dict[int, bytes] = {}
    for start in range(0, len(attempt_ids), BATCH):
        batch = attempt_ids[start : start + BATCH]
        scores = {pk: [0.0] * len(questions) for pk in batch}
        answered = {pk: [False] * len(questions) for pk in batch}
        bits = {pk: [0] * parts for pk in batch}
        seconds = {pk: [0] * len(questions) for pk in batch}
        told = dict(Attempt.objects.filter(pk__in=batch).values_list("pk", "spent"))
        results = ItemResult.objects.filter(attempt_id__in=batch)
        for pk, block_id, item, earned, given in results.values_list(
            "attempt_id", "question__source_block_id", "question__item", "earned", "answered"
        ):
            if block_id in place:
                scores[pk][place[block_id]], answered[pk][place[block_id]] = earned or 0.0, given
                seconds[pk][place[block_id]] = told.get(pk, {}).get(item, 0)
        drafts = AnswerDraft.objects.filter(attempt_id__in=batch, question__source_block_id__in=with_parts)
        for pk, block_id, values in drafts.values_list("attempt_id", "question__source_block_id", "values"):
            question = questions[place[block_id]]
            stretch = slice(question.first_part, question.first_part + len(question.parts))
            bits[pk][stretch] = chosen(values, list(question.parts))
        found |= {pk: vectors.pack(scores[pk], answered[pk], bits[pk], seconds[pk]) for pk in batch}
    return found


class _First(NamedTuple):
    """A learner's first submission so far: its row in what is gathered, and whether its bytes were there."""

    row: int
    at: datetime
    pk: int
    session: int
    packed: bool


@dataclass(frozen=True)
class Read:
    """Every counted submission: each learner's first one. ``session`` holds row ids; ``waiting``: handed in, not all
    scored; ``repeats``: later ones of learners who are counted already.

    ``steps``: (session, moment and id of the submission, place among the counted ones) of each learner's first submission,
    scored (else the place is None) or not; empty unless asked for.
    """

    questions: Sequence[Question]
    answers: vectors.Answers
    learner: NDArray[np.int64]
    session: NDArray[np.int64]
    waiting: int = 0
    repeats: int = 0
    steps: Sequence[tuple[int, tuple[datetime, int], int | None]] = ()

    @property
    def n(self) -> int:
        """How many submissions count."""
        return len(self.learner)


def read(
    session_ids: Iterable[int],
    questions: Sequence[Question],
    *,
    expected: int = 0,
    progress: Callable[[int], None] | None = None,
    in_steps: bool = False,
) -> Read:
    """The first scored submission of every learner in these sessions, ``expected`` about in number.

    One query, and two for each 500 submissions that are not packed.
    """
    parts = sum(len(question.parts) for question in questions)
    length = vectors.layout(len(questions), parts).itemsize
    gathered = vectors.Gathering(len(questions), parts, expected=expected)
    nothing = bytes(length)
    first: dict[int, _First] = {}
    unscored: dict[int, tuple[datetime, int, int]] = {}
    waiting = repeats = 0
    rows = Attempt.objects.filter(session_id__in=list(session_ids), status="submitted", voided=False)
    columns = (
        "pk",
        "session_id",
        "learner_id",
        "submitted_at",
        "scoring",
        "progress_at",
        "vector__read_at",
        "vector__packed",
    )
    found = rows.values_list(*columns).iterator(chunk_size=CHUNK)
    seen = 0
    while chunk := list(islice(found, CHUNK)):
        batch = []
        for pk, session, learner, at, scoring, changed, kept_at, kept in chunk:
            if scoring != "scored":
                waiting += 1
                if in_steps:
                    unscored[learner] = min((at, pk, session), unscored.get(learner, (at, pk, session)))
                continue
            fresh = kept is not None and (changed is None or kept_at >= changed) and len(kept) == length
            packed = bytes(kept) if fresh else nothing
            before = first.get(learner)
            if before is None:
                first[learner] = _First(len(first), at, pk, session, fresh)
                batch.append(packed)
                continue
            repeats += 1
            if (at, pk) < (before.at, before.pk):
                first[learner] = _First(before.row, at, pk, session, fresh)
                # What stands in this chunk is not gathered yet.
                if before.row >= len(first) - len(batch):
                    batch[before.row - (len(first) - len(batch))] = packed
                else:
                    gathered.replace(before.row, packed)
        gathered.add(batch)
        seen += len(chunk)
        if progress is not None:
            progress(seen)
    unpacked = {one.pk: one.row for one in first.values() if not one.packed}
    for pk, packed in packed_of(list(unpacked), questions).items():
        gathered.replace(unpacked[pk], packed)
    return Read(
        questions=questions,
        answers=gathered.answers(),
        learner=np.fromiter(first, dtype=np.int64, count=len(first)),
        session=np.fromiter((one.session for one in first.values()), dtype=np.int64, count=len(first)),
        waiting=waiting,
        repeats=repeats,
        steps=_steps(first, unscored) if in_steps else (),
    )


def _steps(
    first: dict[int, _First], unscored: dict[int, tuple[datetime, int, int]]
) -> list[tuple[int, tuple[datetime, int], int | None]]:
    """Each learner's very first submission, and its place among the counted ones where it is one of them."""
    is_first = {pk: pk not in unscored or (one.at, one.pk) < unscored[pk][:2] for pk, one in first.items()}
    found: list[tuple[int, tuple[datetime, int], int | None]] = [
        (one.session, (one.at, one.pk), one.row) for learner, one in first.items() if is_first[learner]
    ]
    found += [(session, (at, pk), None) for learner, (at, pk, session) in unscored.items() if not is_first.get(learner)]
    return found
