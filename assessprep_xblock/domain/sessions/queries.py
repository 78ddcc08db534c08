"""What is known of sessions, for whoever may know it. School A never sees school B: not yours reads as not there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Person

from ..library import delivery
from ..shared.prepared import Given, PreparedRead
from ..shared.refusals import Refusal
from . import rosters, rules
from .models import AssessmentSession, Invigilator

#: How a session shows itself to its students: now, next, or over.
NOW, NEXT, OVER = "now", "next", "over"


def settings_of(session: AssessmentSession) -> dict[str, Any]:
    """The settings in force: the version's defaults with what the school changed."""
    return delivery.effective(session.placement.version.settings, session.overrides)


def has_attempts(session: AssessmentSession) -> bool:
    """Whether anybody ever joined. Read from the session's own counters."""
    return bool(session.n_joined or session.n_in_progress or session.n_ended or session.n_submitted)


def phase_of(session: AssessmentSession, now: datetime) -> str:
    """``draft``, ``archived``, or of a published session ``scheduled / open / closing / closed``. No query."""
    settings = rules.delivery(session.placement.version.settings, session.overrides)
    return rules.phase(session.lifecycle, settings, rules.clock(session, settings), now, working=session.n_in_progress)


def session_for_staff(*, session_uuid: UUID, user_id: int) -> AssessmentSession:
    """A session, for course staff of its run. Anybody else is told ``not_found``."""
    session = _session(session_uuid)
    if not get_lms().is_course_staff(user_id, session.course_key):
        raise Refusal("not_found")
    return session


def session_for_monitor(*, session_uuid: UUID, user_id: int) -> tuple[AssessmentSession, str]:
    """A session and what its watcher may do: ``chief`` (course staff are) or ``invigilator``; else ``not_found``."""
    session = _session(session_uuid)
    return session, level_in(session, user_id)


def level_in(session: AssessmentSession, user_id: int) -> str:
    """What somebody may do who watches a session: ``chief`` or ``invigilator``; anybody else is told ``not_found``.

    Whoever learns in the run watches nobody in it, also if she was enrolled after she was invited.
    """
    if get_lms().is_course_staff(user_id, session.course_key):
        return "chief"
    level = Invigilator.objects.filter(session=session, user_id=user_id).values_list("level", flat=True).first()
    if level is None or get_lms().is_enrolled(user_id, session.course_key):
        raise Refusal("not_found")
    return level


def _session(session_uuid: UUID) -> AssessmentSession:
    for found in _by_uuid(uuid=session_uuid):
        return found
    raise Refusal("not_found")


def all_sessions() -> QuerySet[AssessmentSession]:
    """Every session with what its version says, for queries that narrow it down to what their reader may know."""
    return AssessmentSession.objects.select_related("placement__version__assessment__bank", "placement__version__withdrawal")


_UUID = Given("uuid", AssessmentSession._meta.get_field("uuid"))
_by_uuid = PreparedRead(lambda: all_sessions().filter(uuid=_UUID))


def sessions_of_run(
    course_key: CourseKey, *, archived: bool | None = None, search: str = "", lifecycle: str = ""
) -> QuerySet[AssessmentSession]:
    """A run's sessions, newest first. For callers who checked the role.

    ``archived`` True: only those, False: all others. ``search``: in the session's name or the assessment's title.
    """
    sessions = all_sessions().filter(course_key=course_key).order_by("-created_at", "-pk")
    if archived is not None:
        sessions = sessions.filter(lifecycle="archived") if archived else sessions.exclude(lifecycle="archived")
    if lifecycle:
        sessions = sessions.filter(lifecycle=lifecycle)
    if search:
        sessions = sessions.filter(Q(name__icontains=search) | Q(placement__version__title__icontains=search))
    return sessions


def names_taken(course_key: CourseKey) -> set[str]:
    """The names of a run's sessions that are not archived, in small letters. One query."""
    names = (
        AssessmentSession.objects.filter(course_key=course_key).exclude(lifecycle="archived").values_list("name", flat=True)
    )
    return {name.casefold() for name in names}


def runs_with_published_sessions(course_keys: Iterable[CourseKey]) -> list[CourseKey]:
    """Which of these runs have a published session. One query."""
    rows = AssessmentSession.objects.filter(course_key__in=list(course_keys), lifecycle="published")
    found = rows.values_list("course_key", flat=True).distinct().order_by("course_key")
    return [course_key for course_key in found if course_key is not None]


@dataclass(frozen=True)
class OwnSession:
    """A session as one of its students finds it. ``address``: the start screen, or None while it is not in the course."""

    session: AssessmentSession
    when: str
    settings: dict[str, Any]
    address: str | None


def sessions_of_learner(*, course_key: CourseKey, learner_id: int, now: datetime) -> list[OwnSession]:
    """The published sessions that a learner is assigned to, those open now first; never their codes.

    One query, and two calls to the platform, whatever their number.
    """
    person = get_lms().learners(course_key, user_ids=[learner_id]).get(learner_id)
    if person is None:
        return []
    mine = [
        session
        for session in all_sessions().filter(course_key=course_key, lifecycle="published")
        if rosters.names(session.roster, person)
    ]
    addresses = get_lms().unit_urls([session.placement.usage_key for session in mine if session.placement.usage_key])
    when = {"open": NOW, "scheduled": NEXT}
    found = [
        OwnSession(
            session=session,
            when=when.get(phase_of(session, now), OVER),
            settings=settings_of(session),
            address=addresses.get(session.placement.usage_key),
        )
        for session in mine
    ]
    order = (NOW, NEXT, OVER)
    return sorted(found, key=lambda own: (order.index(own.when), own.settings["opens_at"] or "", own.session.name))


# -- in plain values, for REST and for pages ------------------------------------------------------------------------


def staff_view(session: AssessmentSession, now: datetime) -> dict[str, Any]:
    """A session as its staff see it, code included. No query."""
    placement, version = session.placement, session.placement.version
    refused = delivery.no_longer_allowed(session.overrides, version.settings)
    return {
        "uuid": str(session.uuid),
        "name": session.name,
        "course_id": str(session.course_key),
        "lifecycle": session.lifecycle,
        "phase": phase_of(session, now),
        "version": session.version_no,
        "code": session.live_code,
        "held": session.held_since is not None,
        "assessment": {
            "uuid": str(version.assessment.uuid),
            "title": version.title,
            "version": version.number,
            "version_uuid": str(version.uuid),
        },
        "placement": {
            "uuid": str(placement.uuid),
            "state": placement.state,
            "problem": placement.problem,
            "usage_key": str(placement.usage_key) if placement.usage_key else None,
        },
        "settings": settings_of(session),
        "changed": sorted(session.overrides.keys() - refused.keys()),
        "no_longer_allowed": sorted(refused),
        "roster": session.roster,
        "counts": {
            "joined": session.n_joined,
            "in_progress": session.n_in_progress,
            "ended": session.n_ended,
            "submitted": session.n_submitted,
        },
        "released_at": _iso(session.released_at),
        "created_at": _iso(session.created_at),
    }


def learner_view(own: OwnSession) -> dict[str, Any]:
    """A session as one of its students sees it: never its code. No query."""
    session = own.session
    return {
        "uuid": str(session.uuid),
        "name": session.name,
        "assessment": session.placement.version.title,
        "when": own.when,
        "opens_at": own.settings["opens_at"],
        "closes_at": own.settings["closes_at"],
        "duration_s": own.settings["duration_s"],
        "address": own.address,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class Watched:
    """A session that somebody was invited to watch, as ``invigilator`` or ``chief``."""

    session: AssessmentSession
    level: str


def watched_by(user_id: int) -> list[Watched]:
    """The published sessions this person was invited to watch, by opening and name, in whichever run she does not learn in.

    One query for whoever watches none, else two and those of the platform.
    """
    levels = dict(Invigilator.objects.filter(user_id=user_id).values_list("session_id", "level"))
    if not levels:
        return []
    own = {run.key for run in get_lms().learner_course_runs(user_id)}
    published = all_sessions().filter(pk__in=levels, lifecycle="published")
    found = [one for one in published if one.course_key not in own]
    order = sorted(found, key=lambda one: (settings_of(one)["opens_at"] or "", one.name.casefold(), one.pk))
    return [Watched(one, levels[one.pk]) for one in order]


def watches(user_id: int) -> bool:
    """Whether this person was invited to watch a published session. One query."""
    return Invigilator.objects.filter(user_id=user_id, session__lifecycle="published").exists()


def invigilators_of(session: AssessmentSession) -> list[tuple[Person, str]]:
    """(person, level) of everybody invited to a session, by name; two queries."""
    levels = dict(Invigilator.objects.filter(session=session).values_list("user_id", "level"))
    people = get_lms().people(levels) if levels else {}
    return sorted(((person, levels[pk]) for pk, person in people.items()), key=lambda pair: pair[0].full_name.casefold())
