"""Add Session, and editing one: its settings and its students."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.library import queries as library
from ..domain.organizations.queries import run_for_staff
from ..domain.sessions import changing, queries
from ..domain.shared.refusals import Refusal
from ..lms.base import CourseRun
from .pages import page, staff_page
from .session_shown import course_crumb, course_key_in, roster_choices, unavailable_in
from .setting_fields import groups, typing_words


def _form_words() -> dict[str, str]:
    return {
        "nobody": _("Nobody found."),
        "more": _("Type at least two letters."),
        "add": _("Add"),
        "leave_out": _("Leave out"),
        "remove": _("Remove"),
        "stale": _("Open the page again in another tab to see what changed."),
        **typing_words(),
        "assigns": _("These settings assign {n} students."),
        "assigns_one": _("These settings assign 1 student."),
        "add_all": _("Add those found ({n})"),
        "added": _("Added: {n}."),
        "found": _("Found: {n} of {count}."),
        "n_unknown": _("Unknown: {n}."),
        "n_not_enrolled": _("Not enrolled: {n}."),
        "n_twice": _("Twice: {n}."),
        "line": _("Line {n}:"),
        "unknown": _("is no account; check the spelling"),
        "not_enrolled": _("is not a student of this course; enrol the student first"),
        "twice": _("stands in the list already"),
        "nothing": _("Paste at least one name, or choose a file."),
        "large": _("This file is too large: at most 10,000 rows, 1.7 MB."),
    }


def _roster_calls(run: CourseRun) -> dict[str, str]:
    own = [str(run.key)]
    return {
        "learners": reverse("assessprep:api_learners", args=own),
        "listed": reverse("assessprep:api_learners_listed", args=own),
        "count": reverse("assessprep:api_roster_count", args=own),
    }


@staff_page
def session_new(request: HttpRequest, *, now: datetime, course_id: str, assessment_uuid: UUID) -> HttpResponse:
    """Add Session."""
    run = run_for_staff(course_key=course_key_in(course_id), user_id=request.user.pk)
    found = library.assessment_for_school(assessment_uuid=assessment_uuid, run=run)
    placements = library.placements_of(found, run.key)
    version = placements[0].version if placements else found.current_version
    assert version is not None
    if not placements:
        library.check_not_withdrawn(version)
    if not library.may_start(bank=found.bank, organization=run.organization.short_name, now=now):
        raise Refusal("bank_closed")
    back = reverse("assessprep:course_assessment", args=[str(run.key), found.uuid])
    roster = {"everyone": False, "classes": [], "students": [], "excluded": []}
    return page(
        request,
        "assessprep_xblock/staff/session_form.html",
        course_run=run,
        crumbs=[course_crumb(run), (version.title, back)],
        name="",
        title=version.title,
        groups=groups(version.settings, unavailable=unavailable_in(run)),
        roster=roster_choices(run, roster),
        back=back,
        session=None,
        setup={
            "placements": reverse("assessprep:api_placements", args=[str(run.key)]),
            "assessment": str(found.uuid),
            "save": reverse("assessprep:api_course_sessions", args=[str(run.key)]),
            "session": reverse("assessprep:session", args=[UUID(int=0)]),
            **_roster_calls(run),
            "request_id": str(uuid4()),
            "words": _form_words(),
        },
    )


@staff_page
def session_edit(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """Edit a session's settings and its students."""
    found = queries.session_for_staff(session_uuid=session_uuid, user_id=request.user.pk)
    if found.lifecycle == "archived":
        raise Refusal("archived")
    run = run_for_staff(course_key=found.course_key, user_id=request.user.pk)
    fixed = changing.fixed(queries.settings_of(found), lifecycle=found.lifecycle, joined=queries.has_attempts(found))
    back = reverse("assessprep:session", args=[found.uuid])
    shown = groups(found.placement.version.settings, found.overrides, fixed=fixed, unavailable=unavailable_in(run))
    return page(
        request,
        "assessprep_xblock/staff/session_form.html",
        course_run=run,
        crumbs=[course_crumb(run), (found.name, back)],
        name=found.name,
        title=found.placement.version.title,
        groups=shown,
        refused=[field for group in shown for field in [*group["fields"], *group["more"]] if field["is_refused"]],
        roster=roster_choices(run, found.roster),
        back=back,
        session=found,
        setup={
            "save": reverse("assessprep:api_session", args=[found.uuid]),
            "version": found.version_no,
            "session": back,
            **_roster_calls(run),
            "words": _form_words(),
        },
    )


urlpatterns = [
    path("courses/<str:course_id>/assessments/<uuid:assessment_uuid>/add-session/", session_new, name="session_new"),
    path("sessions/<uuid:session_uuid>/edit/", session_edit, name="session_edit"),
]
