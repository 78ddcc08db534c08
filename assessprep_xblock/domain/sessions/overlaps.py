"""Other sessions of the same placement that are open at the same time: nobody may be assigned to two of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Person

from ..library import delivery
from ..shared.refusals import Refusal
from . import queries, rosters, rules
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
    return [other for other in beside([session.placement_id], now) if other.pk != session.pk]


def beside(placement_ids: Collection[int], now: datetime) -> list[AssessmentSession]:
    """The published sessions of these placements that are not over yet. One query."""
    rows = queries.all_sessions().filter(placement_id__in=placement_ids, lifecycle="published")
    return [other for other in rows.order_by("pk") if queries.phase_of(other, now) != "closed"]


def overlaps(session: AssessmentSession, now: datetime) -> list[Overlap]:
    """For each session that is open while this one is, who is assigned to both. Four calls, whatever their number.

    Who cannot work in one of the two any more is in one only: she has submitted there, or her attempt there is void; or she
    has not joined it and it lets nobody in any more, or she is marked absent there.
    """
    window = queries.settings_of(session)
    others = [other for other in siblings(session, now) if delivery.windows_meet(window, queries.settings_of(other))]
    if not others:
        return []
    mine = rosters.assigned(session)
    everybody = get_lms().learners(session.course_key, user_ids=list(mine)) if mine else {}
    through = _through([session, *others], now)
    found = []
    for other in others:
        both = [
            person
            for person in everybody.values()
            if rosters.names(other.roster, person) and not (through(session, person) or through(other, person))
        ]
        if both:
            found.append(Overlap(other, tuple(sorted(both, key=lambda person: person.full_name.casefold()))))
    return found


def _through(sessions: Sequence[AssessmentSession], now: datetime) -> Callable[[AssessmentSession, Person], bool]:
    """-> whether a session is over for one of its students. Two queries for all of them."""
    rows = AssessmentSession.objects.filter(pk__in=[one.pk for one in sessions])
    working: dict[tuple[int, int], bool] = {}
    tries = rows.filter(attempts__isnull=False).values_list(
        "pk", "attempts__learner_id", "attempts__status", "attempts__voided"
    )
    for pk, learner, status, voided in tries:
        working[pk, learner] = working.get((pk, learner), False) or not (voided or status == "submitted")
    absent = set(rows.filter(absent_marks__isnull=False).values_list("pk", "absent_marks__learner_id"))
    shut = {one.pk for one in sessions if not lets_in(one, now)}

    def through(session: AssessmentSession, person: Person) -> bool:
        key = (session.pk, person.user_id)
        return not working[key] if key in working else session.pk in shut or key in absent

    return through


def lets_in(session: AssessmentSession, now: datetime) -> bool:
    """Whether somebody who has not joined yet may still begin in it, now or later. No query."""
    settings = rules.delivery(session.placement.version.settings, session.overrides)
    clock = rules.clock(session, settings)
    last = rules.last_entry_us(settings, session.begun_us)
    return not clock.closed(now) and (last is None or clock.time(now) <= last)


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
