"""The sessions that somebody was asked to watch, in whichever course run, whether or not she has a role there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.sessions import queries
from .library import phase_badge
from .pages import page, staff_page


@staff_page
def rooms(request: HttpRequest, *, now: datetime) -> HttpResponse:
    """Everything one watches, with the way to each Monitor: what is open first, then what comes, then what is over."""
    watched = [_shown(one, now) for one in queries.watched_by(request.user.pk)]
    sections = [
        {"name": name, "title": title, "sessions": [one for one in watched if one["badge"]["name"] in phases]}
        for name, title, phases in (
            ("now", _("Now"), ("open", "closing")),
            ("next", _("Next"), ("scheduled",)),
            ("over", _("Over"), ("closed",)),
        )
    ]
    return page(
        request,
        "assessprep_xblock/staff/rooms.html",
        course_run=None,
        sections=[section for section in sections if section["sessions"]],
    )


def _shown(watched: queries.Watched, now: datetime) -> dict[str, Any]:
    session = watched.session
    settings = queries.settings_of(session)
    key = session.course_key
    return {
        "name": session.name,
        "assessment": session.placement.version.title,
        "course": f"{session.placement.organization} · {key.course} · {key.run}",
        "badge": phase_badge(queries.phase_of(session, now)),
        "chief": watched.level == "chief",
        "opens_at": settings["opens_at"],
        "closes_at": settings["closes_at"],
        "address": reverse("assessprep:monitor", args=[session.uuid]),
    }


urlpatterns = [path("rooms/", rooms, name="rooms")]
