"""What several pages of assessments and sessions show the same way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from ..domain.organizations.queries import classes, named_learners
from ..domain.sessions import queries
from ..domain.sessions.guests import is_guest_run
from ..domain.shared.refusals import Refusal
from ..lms.base import CourseRun
from .library import phase_badge


def course_key_in(course_id: str) -> CourseKey:
    """The course key in an address; an unreadable one is simply not there."""
    try:
        return CourseKey.from_string(course_id)
    except InvalidKeyError:
        raise Refusal("not_found") from None


def unavailable_in(run: CourseRun) -> dict[str, str]:
    """Settings that cannot be switched on in this run, and why."""
    if is_guest_run(run.key):
        return {}
    return {"guests_no_account": _("Your operator has not opened this course run to people without an account.")}


def course_crumb(run: CourseRun) -> tuple[str, str]:
    """The way back to the run's assessments."""
    return (_("Common Assessments"), reverse("assessprep:course", args=[str(run.key)]))


def placement_setup(placement: Any) -> dict[str, Any]:
    """What the script needs to bring an assessment into the course."""
    return {
        "add": reverse("assessprep:api_placement_add", args=[placement.uuid]) if placement else "",
        "placement": reverse("assessprep:api_placement", args=[placement.uuid]) if placement else "",
        "words": {
            "added": _("The assessment is in the course."),
            "working": _("Copying the questions into the course …"),
            "copied": _("Copying the questions into the course: {done} of {of} are there."),
            "cut_off": _(
                "The copy did not get to its end, and students see none of it. Press the button again: it goes on."
            ),
            "checking": _("Comparing with what was published …"),
        },
    }


def listed(session: Any, now: datetime) -> dict[str, Any]:
    """A session as a row of a list. No query."""
    shown = queries.staff_view(session, now)
    counts = shown["counts"]
    return {
        **shown,
        "badge": phase_badge(shown["phase"]),
        "joined": sum(counts.values()),
        "address": reverse("assessprep:session", args=[session.uuid]),
    }


def roster_choices(run: CourseRun, roster: dict[str, Any]) -> dict[str, Any]:
    """A roster with the names of its people, and every class there is to choose."""
    named = {
        one.user_id: one for one in named_learners(course_key=run.key, user_ids=[*roster["students"], *roster["excluded"]])
    }
    return {
        "everyone": roster["everyone"],
        "classes": [
            {"id": one.id, "name": one.name, "chosen": one.id in roster["classes"]} for one in classes(course_key=run.key)
        ],
        "students": [_person(named[one]) for one in roster["students"] if one in named],
        "excluded": [_person(named[one]) for one in roster["excluded"] if one in named],
    }


def _person(person: Any) -> dict[str, Any]:
    return {"id": person.user_id, "name": person.full_name, "username": person.username}
