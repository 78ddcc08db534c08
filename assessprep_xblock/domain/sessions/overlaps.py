"""Other sessions of the same placement that are open at the same time: nobody may be assigned to two of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Person

from ..library import delivery
from ..shared.refusals import Refusal
from . import queries, rosters
from .models import AssessmentSession

#: How many names a sentence tells.
NAMED = 3


@dataclass(frozen=True)
class Overlap:
    """Who is assigned to this session and to another one that is open at the same time."""

    other: AssessmentSession
    people: tuple[Person, ...]

    @property
    def names(self) -> str:
        """The first names of the list, with an ellipsis where there are more."""
        told = ", ".join(person.full_name for person in self.people[:NAMED])
        return told + (" …" if len(self.people) > NAMED else "")


def siblings(session: AssessmentSession, now: datetime) -> list[AssessmentSession]:
    """The other published sessions of the placement that are not over yet. One query."""
    rows = queries.all_sessions().filter(placement_id=session.placement_id, lifecycle="published").exclude(pk=session.pk)
    return [other for other in rows.order_by("pk") if queries.phase_of(other, now) != "closed"]


def overlaps(session: AssessmentSession, now: datetime) -> list[Overlap]:
    """For each session that is open while this one is, who is assigned to both. Two calls, whatever their number."""
    window = queries.settings_of(session)
    beside = [other for other in siblings(session, now) if delivery.windows_meet(window, queries.settings_of(other))]
    if not beside:
        return []
    mine = rosters.assigned(session)
    everybody = get_lms().learners(session.course_key, user_ids=list(mine)) if mine else {}
    found = []
    for other in beside:
        both = [person for person in everybody.values() if rosters.names(other.roster, person)]
        if both:
            found.append(Overlap(other, tuple(sorted(both, key=lambda person: person.full_name.casefold()))))
    return found


def check_overlaps(session: AssessmentSession, now: datetime) -> None:
    """Refuse while somebody is assigned to two sessions that are open at the same time; both are named."""
    for overlap in overlaps(session, now):
        raise Refusal(
            "in_two_sessions",
            field="roster",
            session=session.name,
            other=overlap.other.name,
            count=len(overlap.people),
            students=overlap.names,
        )
