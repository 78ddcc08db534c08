"""Many sessions at once: one for each class, or out of a file."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.library import queries as library
from ..domain.organizations.queries import classes, run_for_staff
from ..domain.sessions.bulk import LONGEST_NAME
from ..domain.sessions.queries_offered import offered_to
from ..domain.shared.refusals import Refusal
from ..lms.base import CourseRun
from .pages import page, staff_page
from .session_shown import course_crumb, course_key_in, unavailable_in
from .setting_fields import groups, typing_words

EXAMPLE = (
    "name,classes,students,opens_at,closes_at,duration\r\n"
    "Period 1,7A,,2026-11-23 09:00,2026-11-23 10:00,45\r\n"
    "Period 2,7B|7C,ana|ben@example.org,2026-11-23 11:00,2026-11-23 12:00,45\r\n"
)


@staff_page
def sessions_together(request: HttpRequest, *, now: datetime, course_id: str) -> HttpResponse:
    """Add several sessions: first of which assessment, then for which classes or out of which file."""
    run = run_for_staff(course_key=course_key_in(course_id), user_id=request.user.pk)
    crumbs = [course_crumb(run), (_("Sessions"), reverse("assessprep:sessions", args=[str(run.key)]))]
    chosen = request.GET.get("assessment", "")
    choices = [(str(one.assessment.uuid), _title(one)) for one in offered_to(run, now) if one.is_open]
    frame = {"course_run": run, "crumbs": crumbs, "choices": choices, "chosen": chosen, "example": EXAMPLE}
    if not chosen:
        return page(request, "assessprep_xblock/staff/sessions_together.html", **frame)
    if chosen not in dict(choices):
        raise Refusal("not_found")
    return page(request, "assessprep_xblock/staff/sessions_together.html", **frame, **_form(run, UUID(chosen)))


def _title(offered: object) -> str:
    return str(offered.assessment.current_version.title)  # type: ignore[attr-defined]


def _form(run: CourseRun, uuid: UUID) -> dict[str, object]:
    found = library.assessment_for_school(assessment_uuid=uuid, run=run)
    placements = library.placements_of(found, run.key)
    version = placements[0].version if placements else found.current_version
    assert version is not None
    return {
        "title": version.title,
        "groups": groups(version.settings, unavailable=unavailable_in(run)),
        "classes": classes(course_key=run.key),
        "longest": LONGEST_NAME,
        "setup": {
            "assessment": str(found.uuid),
            "placements": reverse("assessprep:api_placements", args=[str(run.key)]),
            "check": reverse("assessprep:api_sessions_check", args=[str(run.key)]),
            "save": reverse("assessprep:api_sessions_together", args=[str(run.key)]),
            "sessions": reverse("assessprep:sessions", args=[str(run.key)]),
            "request_id": str(uuid4()),
            "words": {
                **typing_words(),
                "no_file": _("Choose a file first."),
                "large": _("This file is too large: at most 10,000 rows, 1.7 MB."),
                "none": _("Choose at least one class."),
                "line": _("Line"),
                "ok": _("Can be made"),
                "wrong": _("Problem"),
                "note": _("Note"),
                "read_as": _("The file was read as {encoding}."),
                "first": _("The first {n} of {count} rows are shown."),
                "make": _("Make {n} sessions"),
                "changed": _("Something was changed. Check again before you make the sessions."),
                "working": _("Working …"),
            },
        },
    }


urlpatterns = [path("courses/<str:course_id>/sessions/add/", sessions_together, name="sessions_together")]
