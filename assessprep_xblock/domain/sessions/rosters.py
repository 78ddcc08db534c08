"""Who is assigned to a session: classes, students by name, or everyone, less the excluded; resolved live, never stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Person

from ..shared.refusals import Refusal
from . import guests, rules
from .models import AssessmentSession, empty_roster

MOST_NAMED = 5000
#: Larger numbers are no account's and no class's, and no database's integer either.
LARGEST_ID = 2**31 - 1
PARTS = ("classes", "students", "excluded")


def assigned(session: AssessmentSession) -> dict[int, Person]:
    """The learners on the roster as it is now, by account id. A learner who changed class this morning is in the new one."""
    return _learners(session.course_key, session.roster)


def each_assigned(session: AssessmentSession) -> Iterator[Person]:
    """The same learners one by one, by ascending account id: for files, which hold nobody longer than a line."""
    roster = session.roster
    excluded = {*roster["excluded"], *guests.accounts_in(session.course_key)}
    found = get_lms().each_learner(
        session.course_key, everyone=roster["everyone"], class_ids=roster["classes"], user_ids=roster["students"]
    )
    return (person for person in found if person.user_id not in excluded)


def everybody(course_key: CourseKey) -> dict[int, Person]:
    """The learners of a run whom a roster may name, with all their classes of it."""
    return _learners(course_key, {**empty_roster(), "everyone": True})


def count(course_key: CourseKey, roster: Mapping[str, Any]) -> int:
    """How many learners a roster assigns as classes stand now. For callers who have checked the role."""
    return len(_learners(course_key, roster))


def _learners(course_key: CourseKey, roster: Mapping[str, Any]) -> dict[int, Person]:
    if not (roster["everyone"] or roster["classes"] or roster["students"]):
        return {}
    found = get_lms().learners(
        course_key, everyone=roster["everyone"], class_ids=roster["classes"], user_ids=roster["students"]
    )
    # A guest's throw-away account is enrolled too, and on nobody's list.
    excluded = {*roster["excluded"], *guests.accounts_in(course_key)}
    return {user_id: person for user_id, person in found.items() if user_id not in excluded}


def names(roster: Mapping[str, Any], person: Person) -> bool:
    """Whether a roster means this learner of its run. ``person.classes`` are hers of that run."""
    return rules.on_roster(roster, person.user_id, enrolled=True, classes=person.classes)


def read_roster(given: Any) -> dict[str, Any]:
    """A roster out of JSON: ``{"everyone", "classes", "students", "excluded"}``, each optional; sorted, no repeats."""
    if not isinstance(given, Mapping):
        raise Refusal("invalid", field="roster", why="it has to be an object")
    unknown = sorted(set(map(str, given)) - {"everyone", *PARTS})
    if unknown:
        raise Refusal("invalid", field=unknown[0], why="a roster has everyone, classes, students and excluded")
    everyone = given.get("everyone", False)
    if not isinstance(everyone, bool):
        raise Refusal("invalid", field="everyone", why="it has to be true or false")
    return {"everyone": everyone, **{part: _ids(given.get(part, []), field=part) for part in PARTS}}


def named_otherwise(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[int]:
    """Account ids of whom only one of two rosters names, as assigned or as left out."""
    return sorted({one for part in ("students", "excluded") for one in {*before[part]} ^ {*after[part]}})


def _ids(given: Any, *, field: str) -> list[int]:
    if not isinstance(given, list) or not all(
        isinstance(one, int) and not isinstance(one, bool) and 0 < one <= LARGEST_ID for one in given
    ):
        raise Refusal("invalid", field=field, why="it has to be a list of ids")
    if len(given) > MOST_NAMED:
        raise Refusal("too_large", field=field, limit=f"{MOST_NAMED} ids")
    return sorted(set(given))


def check_roster(roster: Mapping[str, Any], session: AssessmentSession) -> None:
    """Refuse classes that are not of this run, and people newly named who are no learners of it."""
    course_key, before = session.course_key, session.roster
    strange = set(roster["classes"]) - set(before["classes"])
    if strange and strange - {one.id for one in get_lms().classes(course_key)}:
        raise Refusal("invalid", field="classes", why="this course run has no such class")
    # Who has left the run since stays named and simply does not count, so that saving a roster never fails for an old name.
    named = {*roster["students"], *roster["excluded"]} - {*before["students"], *before["excluded"]}
    if named and named - get_lms().learners(course_key, user_ids=named).keys():
        raise Refusal("invalid", field="students", why="not every one of them is a learner of this course run")
