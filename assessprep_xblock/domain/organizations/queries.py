"""Who belongs to which organization: its course runs, its staff, its classes. The platform knows; nothing is stored here."""

from __future__ import annotations

from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import CourseRun, Organization, Person, SchoolClass

from ..shared.refusals import Refusal

LEAST_SEARCHED = 2


def staff_runs(user_id: int) -> list[CourseRun]:
    """The course runs this person is staff of, by name."""
    return get_lms().staff_course_runs(user_id)


def runs_of_learner(user_id: int) -> list[CourseRun]:
    """The course runs this person learns in, by name."""
    return get_lms().learner_course_runs(user_id)


def run_for_staff(*, course_key: CourseKey, user_id: int) -> CourseRun:
    """A course run with its organization, for its course staff. Anybody else is told ``not_found``."""
    run = get_lms().course_run(course_key)
    if run is None or not get_lms().is_course_staff(user_id, course_key):
        raise Refusal("not_found")
    return run


def run_for_member(*, course_key: CourseKey, user_id: int) -> tuple[CourseRun, bool]:
    """A course run and whether this person is its staff; for staff and enrolled learners, else ``not_found``."""
    lms = get_lms()
    run = lms.course_run(course_key)
    is_staff = run is not None and lms.is_course_staff(user_id, course_key)
    if run is None or not (is_staff or lms.is_enrolled(user_id, course_key)):
        raise Refusal("not_found")
    return run, is_staff


def is_member(*, course_key: CourseKey, user_id: int) -> bool:
    """Whether this person is staff of a run or enrolled in it."""
    return get_lms().is_course_staff(user_id, course_key) or get_lms().is_enrolled(user_id, course_key)


def organizations() -> list[Organization]:
    """Every organization of the site, by name: those a bank can be shared with."""
    return get_lms().organizations()


def classes(*, course_key: CourseKey) -> list[SchoolClass]:
    """The classes of a run, by name. For callers who have checked the role."""
    return get_lms().classes(course_key)


def search_learners(*, course_key: CourseKey, user_id: int, text: str) -> list[Person]:
    """At most 20 learners of a run whose name contains ``text``, for its staff; a single letter finds nobody."""
    run_for_staff(course_key=course_key, user_id=user_id)
    if len(text.strip()) < LEAST_SEARCHED:
        return []
    return get_lms().search_learners(course_key, text.strip())


def named_learners(*, course_key: CourseKey, user_ids: list[int]) -> list[Person]:
    """These people by name, whether or not they still learn in this run. For callers who have checked the role."""
    return sorted(get_lms().people(user_ids).values(), key=lambda person: (person.full_name, person.username))
