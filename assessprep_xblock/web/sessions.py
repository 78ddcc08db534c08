"""The sessions of a run, and one session: its code, what stands in its way, and everything one can do with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.organizations.queries import run_for_staff
from ..domain.sessions import queries, rosters
from ..domain.sessions.lint import lint
from ..domain.shared.texts import plain
from ..lms import get_lms
from .pages import page, session_tabs, staff_page
from .session_code import guests_page
from .session_shown import course_crumb, course_key_in, listed, placement_setup, roster_choices
from .setting_fields import groups, typing_words

#: Rows of the list on one page.
SHOWN_AT_ONCE = 50
STATES = ("draft", "published")


@staff_page
def sessions_list(request: HttpRequest, *, now: datetime, course_id: str) -> HttpResponse:
    """Every session of a run, newest first, fifty at a time; archived ones on a page of their own."""
    run = run_for_staff(course_key=course_key_in(course_id), user_id=request.user.pk)
    archived = request.GET.get("archived") == "true"
    search = plain(request.GET.get("search", ""))[:100].strip()
    state = request.GET.get("state", "")
    rows = queries.sessions_of_run(run.key, archived=archived, search=search, lifecycle=state if state in STATES else "")
    shown = Paginator(rows, SHOWN_AT_ONCE).get_page(request.GET.get("page"))
    kept = {"archived": "true" if archived else "", "search": search, "state": state}
    return page(
        request,
        "assessprep_xblock/staff/sessions.html",
        course_run=run,
        crumbs=[course_crumb(run)],
        archived=archived,
        search=search,
        state=state,
        states=[("draft", _("Draft")), ("published", _("Published"))],
        sessions=[listed(session, now) for session in shown],
        pages=shown,
        kept=urlencode({name: value for name, value in kept.items() if value}),
    )


@staff_page
def session(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """One session: its code, what stands in its way, and everything one can do with it."""
    found = queries.session_for_staff(session_uuid=session_uuid, user_id=request.user.pk)
    run = run_for_staff(course_key=found.course_key, user_id=request.user.pk)
    placement, version = found.placement, found.placement.version
    unit = get_lms().unit_place(placement.usage_key) if placement.usage_key else None
    return page(
        request,
        "assessprep_xblock/staff/session.html",
        course_run=run,
        crumbs=[
            course_crumb(run),
            (version.title, reverse("assessprep:course_assessment", args=[str(run.key), version.assessment.uuid])),
        ],
        tabs=session_tabs(found.uuid, current="session", is_staff=True),
        session=found,
        shown=listed(found, now),
        settings=queries.settings_of(found),
        minutes=queries.settings_of(found)["duration_s"] / 60,
        groups=groups(version.settings, found.overrides),
        problems=[] if found.lifecycle == "archived" else lint(found, now),
        assigned=len(rosters.assigned(found)),
        roster=roster_choices(run, found.roster),
        unit=unit,
        guests_page=guests_page(request, found),
        studio=get_lms().studio_url(placement.usage_key) if placement.usage_key else "",
        has_attempts=queries.has_attempts(found),
        working=found.n_in_progress,
        waiting=found.n_joined,
        invigilators=queries.invigilators_of(found),
        monitor=request.build_absolute_uri(reverse("assessprep:monitor", args=[found.uuid])),
        setup=_session_setup(found),
    )


def _session_setup(found: Any) -> dict[str, Any]:
    own = [found.uuid]
    calls = ("publish", "unpublish", "archive", "unarchive", "rotate_code", "duplicate")
    return {
        **{call: reverse(f"assessprep:api_session_{call}", args=own) for call in calls},
        "delete": reverse("assessprep:api_session", args=own),
        "invigilators": reverse("assessprep:api_invigilators", args=own),
        "invigilator": reverse("assessprep:api_invigilator", args=[found.uuid, 0]),
        "session": reverse("assessprep:session", args=[UUID(int=0)]),
        "sessions": reverse("assessprep:sessions", args=[str(found.course_key)]),
        "request_id": str(uuid4()),
        "code": found.live_code,
        **placement_setup(found.placement),
        "words": {
            **placement_setup(found.placement)["words"],
            "code_copied": _("The code is copied."),
            **typing_words(),
            "code_not_copied": _("The code could not be copied. Select it and copy it."),
        },
    }


urlpatterns = [
    path("courses/<str:course_id>/sessions/", sessions_list, name="sessions"),
    path("sessions/<uuid:session_uuid>/", session, name="session"),
]
