"""What stands beside the rows of the Monitor: who helps whom, absent marks, irregularities, what can be undone, the dots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet, Sum

from ..attempts.models import AbsentMark, AnswerDraft, LedgerEntry
from ..library.models import PlacedQuestion
from ..sessions.models import AssessmentSession
from ..sessions.rules import whole_seconds
from ..shared.prepared import Given, PreparedRead
from .models import Announcement, Claim, Deed, Irregularity
from .queries_look import Look
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


class There(NamedTuple):
    """Which of the small tables beside the rows have anything of a session: most of them have not, and are not read."""

    announcements: bool
    claims: bool
    absent: bool
    incidents: bool
    deeds: bool


_SESSION = Given("pk", AssessmentSession._meta.get_field("id"))


@PreparedRead
def _there() -> QuerySet[Any]:
    tables = (Announcement, Claim, AbsentMark, Irregularity, Deed)
    asked = (Exists(one.objects.filter(session=OuterRef("pk"))) for one in tables)
    rows = AssessmentSession.objects.filter(pk=_SESSION)
    return rows.annotate(**{f"has_{name}": one for name, one in zip(There._fields, asked, strict=True)}).values_list(
        *(f"has_{name}" for name in There._fields)
    )


def what_is_there(session: AssessmentSession) -> There:
    """Which of them have anything. One query."""
    return There(*map(bool, _there(pk=session.pk)[0]))


def notes(session: AssessmentSession, there: There, now: datetime) -> Notes:
    """What staff noted: a query for each kind that is there."""
    helping = Claim.objects.filter(session=session, at__gt=now - timedelta(minutes=CLAIM_MINUTES)).order_by("pk")
    marks = AbsentMark.objects.filter(session=session).order_by("learner_id")
    incidents = Irregularity.objects.filter(session=session, withdrawn_at=None).order_by("pk")
    undone = Deed.objects.filter(session=session, undone_at=None, at__gt=now - timedelta(minutes=UNDO_MINUTES))
    return Notes(
        claims=list(helping) if there.claims else [],
        absent=list(marks.values_list("learner_id", flat=True)) if there.absent else [],
        incidents=list(incidents) if there.incidents else [],
        deeds=list(undone.order_by("-pk")) if there.deeds else [],
    )


_PLACEMENT = Given("placement_id", PlacedQuestion._meta.get_field("placement"))


@PreparedRead
def _items() -> QuerySet[Any]:
    return PlacedQuestion.objects.filter(placement_id=_PLACEMENT).order_by("position").values_list("item", flat=True)


def items_of(session: AssessmentSession) -> list[str]:
    """The questions of a session's assessment in order, by their block ids. One query."""
    return _items(placement_id=session.placement_id)


def add_to(rows: list[dict[str, Any]], items: Sequence[str], attempts: Mapping[int, Look]) -> None:
    """Put ``dots`` ("110": which questions are answered, in order) and ``accommodation_s`` into rows.

    ``items``: :func:`items_of` the session. Two queries where somebody has started: nobody else has answers or time.
    """
    ids = [one.pk for row in rows if row["attempt"] and (one := attempts[row["learner"]]).started_at is not None]
    answered: dict[int, set[str]] = defaultdict(set)
    extra: dict[int, int] = {}
    if ids:
        drafts = AnswerDraft.objects.filter(attempt_id__in=ids, answered=True)
        for attempt_id, item in drafts.values_list("attempt_id", "question__item"):
            answered[attempt_id].add(item)
        standing = LedgerEntry.objects.filter(attempt_id__in=ids, kind="accommodation").values("attempt_id")
        extra = dict(standing.annotate(us=Sum("us")).values_list("attempt_id", "us"))
    nothing = "0" * len(items)
    for row in rows:
        if row["attempt"]:
            pk = attempts[row["learner"]].pk
            row["dots"] = "".join("1" if item in answered[pk] else "0" for item in items) if pk in answered else nothing
            row["accommodation_s"] = whole_seconds(extra.get(pk, 0))
