"""What stands beside the rows of the Monitor: who helps whom, absent marks, irregularities, what can be undone, the dots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from ..attempts.models import AbsentMark, AnswerDraft, Attempt
from ..library.models import PlacedQuestion
from ..sessions.models import AssessmentSession
from ..shared.prepared import Given, PreparedRead
from .models import Claim, Deed, Irregularity
from .queries_look import Look
from .queries_opening import There
from .queries_rows import iso
from .rules import CLAIM_MINUTES, UNDO_MINUTES


@dataclass(frozen=True)
class Notes:
    """What staff noted in a session, as rows of the tables."""

    claims: list[Claim]
    absent: list[int]
    incidents: list[Irregularity]
    deeds: list[Deed]

    @property
    def people(self) -> set[int]:
        """Accounts of staff whose names are shown."""
        signed = [one.by_id for one in self.claims]
        signed += [one.by_id for one in self.deeds if one.by_id is not None]
        return {*signed, *(one.by_id for one in self.incidents if one.by_id is not None)}

    def shown(self, names: Mapping[int, str]) -> dict[str, Any]:
        """``{"claims": [{"learner", "by", "by_id"}], "absent": [ids], "incidents": [...], "undo": [...]}``."""
        undo: dict[str, dict[str, Any]] = {}
        for deed in self.deeds:
            one = undo.setdefault(str(deed.uuid), _deed(deed, names))
            one["n"] += len(deed.before)
        return {
            "claims": [
                {"learner": one.learner_id, "by": names.get(one.by_id, ""), "by_id": one.by_id} for one in self.claims
            ],
            "absent": self.absent,
            "incidents": [
                {
                    "uuid": str(one.uuid),
                    "learner": one.learner_id,
                    "category": one.category,
                    "subcategory": one.subcategory,
                    "comment": one.comment,
                    "by": names.get(one.by_id or 0, ""),
                    "at": iso(one.at),
                }
                for one in self.incidents
            ],
            "undo": list(undo.values()),
        }


def _deed(deed: Deed, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "deed": str(deed.uuid),
        "action": deed.action,
        "n": 0,
        "by": names.get(deed.by_id or 0, ""),
        "at": iso(deed.at),
        "until": iso(deed.at + timedelta(minutes=UNDO_MINUTES)),
    }


def notes(session: AssessmentSession, there: There, now: datetime) -> Notes:
    """What staff noted: a query for each kind that is there."""
    claims, absent, incidents, deeds = list[Claim](), list[int](), list[Irregularity](), list[Deed]()
    if there.claims:
        since = now - timedelta(minutes=CLAIM_MINUTES)
        claims = list(Claim.objects.filter(session=session, at__gt=since).order_by("pk"))
    if there.absent:
        marks = AbsentMark.objects.filter(session=session).order_by("learner_id")
        absent = list(marks.values_list("learner_id", flat=True))
    if there.incidents:
        incidents = list(Irregularity.objects.filter(session=session, withdrawn_at=None).order_by("pk"))
    if there.deeds:
        since = now - timedelta(minutes=UNDO_MINUTES)
        deeds = list(Deed.objects.filter(session=session, undone_at=None, at__gt=since).order_by("-pk"))
    return Notes(claims, absent, incidents, deeds)


_PLACEMENT = Given("placement_id", PlacedQuestion._meta.get_field("placement"))


@PreparedRead
def _items() -> QuerySet[Any]:
    return PlacedQuestion.objects.filter(placement_id=_PLACEMENT).order_by("position").values_list("pk", "item")


def items_of(session: AssessmentSession) -> list[tuple[int, str]]:
    """The questions of a session's assessment in order, by their row and their block id. One query."""
    return _items(placement_id=session.placement_id)


_OF_SESSION = Given("session_id", Attempt._meta.get_field("session"))


@PreparedRead
def _answered() -> QuerySet[Any]:
    drafts = AnswerDraft.objects.filter(attempt__session_id=_OF_SESSION, answered=True)
    return drafts.values_list("attempt_id", "question_id")


#: Reads which attempts have answered which questions, as pairs of ids: at least of the attempts that it is told.
Answered = Callable[[Collection[int]], Iterable[tuple[int, int]]]


def answered_in(session: AssessmentSession) -> Answered:
    """Of everybody in a session. One query, when it is asked for."""
    return lambda _attempts: _answered(session_id=session.pk)


def answered_by(attempts: Collection[int]) -> Iterable[tuple[int, int]]:
    """Of these attempts. One query."""
    return AnswerDraft.objects.filter(attempt_id__in=attempts, answered=True).values_list("attempt_id", "question_id")


def put_dots(rows: list[dict[str, Any]], items: Sequence[int], attempts: Mapping[int, Look], answered: Answered) -> None:
    """Put ``dots`` ("110": which questions are answered, in order) into rows of attempts.

    ``items``: the questions in order. Nobody is asked for answers (``answered``) where nobody has started.
    """
    mine = {one.pk: one for row in rows if row["attempt"] and (one := attempts[row["learner"]])}
    places, nothing = {pk: place for place, pk in enumerate(items)}, "0" * len(items)
    dots = defaultdict[int, bytearray](lambda: bytearray(nothing.encode()))
    started = [pk for pk, one in mine.items() if one.has_started]
    for pk, question in answered(started) if started else ():
        if pk in mine and question in places:
            dots[pk][places[question]] = ord("1")
    for row in rows:
        if row["attempt"]:
            pk = attempts[row["learner"]].pk
            row["dots"] = dots[pk].decode() if pk in dots else nothing
