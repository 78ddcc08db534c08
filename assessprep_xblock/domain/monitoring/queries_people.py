"""Whose rows a Monitor shows, and what they are called: the platform tells nobody when that changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Person

from ..sessions import rosters
from ..sessions.models import AssessmentSession
from . import queries_delta as delta
from .queries_token import Since, digest, head_of

#: The roster is looked at again this often, by one of all monitors of a session.
LOOK_CLOSER = timedelta(seconds=30)


def roster(
    session: AssessmentSession, here: Collection[int], elsewhere: Collection[int]
) -> tuple[dict[int, Person], dict[int, Person]]:
    """Who is assigned, and everybody who has a row. ``here``: has an attempt in the session; ``elsewhere``: in others."""
    found = rosters.assigned(session)
    assigned = {learner: one for learner, one in found.items() if learner in here or learner not in elsewhere}
    return assigned, {**people(session, set(here) - assigned.keys(), ()), **assigned}


def who(session: AssessmentSession, assigned: Collection[int], people: Mapping[int, Person]) -> str:
    """A digest of whose rows there are, and what they say of whom."""
    told = [(one, people[one].full_name or people[one].username, people[one].classes) for one in sorted(people)]
    return digest(sorted(assigned), told, head_of(session))


def is_stale(known: delta.Known, now: datetime) -> bool:
    """Whether no monitor asked the platform lately who is on the roster. Two servers' clocks may differ a little."""
    return abs(now - known.asked_at) >= LOOK_CLOSER


def same_roster(session: AssessmentSession, before: Since, now: datetime) -> bool:
    """Whether the platform tells of the same people still, asked anew; that is remembered for all monitors of them."""
    assigned, people = roster(session, delta.learners(session), delta.elsewhere(session))
    if who(session, assigned, people) != before.people:
        return False
    delta.remember(session, before.people, people, now)
    return True


def people(session: AssessmentSession, learners: Collection[int], others: Collection[int]) -> dict[int, Person]:
    """Names of people not on the roster; guests with their classes. A removed account keeps its row, without a name."""
    lms = get_lms()
    found = dict(lms.learners(session.course_key, user_ids=learners)) if learners else {}
    missing = {*learners, *others} - found.keys()
    found |= lms.people(missing) if missing else {}
    return {**{user_id: Person(user_id, f"#{user_id}", f"#{user_id}") for user_id in missing}, **found}
