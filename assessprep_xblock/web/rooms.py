"""Every room on one page: the running sessions of a course run, or those that somebody was asked to watch, in whichever run,
whether or not she has a role there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.monitoring.queries_rooms import sessions_in
from ..lms import get_lms
from .monitor_words import words as monitor_words
from .pages import page, room_crumbs, staff_page
from .session_shown import course_key_in

#: Milliseconds between two looks; the page spreads them by chance, and asks for nothing while nobody looks at it.
POLL_MS = 8000


@staff_page
def rooms(request: HttpRequest, *, now: datetime) -> HttpResponse:
    """Everything one was invited to watch, with the way to each Monitor."""
    return _rooms(
        request,
        title=_("Sessions you watch"),
        lead=_("Sessions whose staff invited you to watch them, in every course."),
        nothing=_(
            "When course staff invite you to a session, it appears here with the way to its Monitor, until it is archived."
        ),
        rooms_url=reverse("assessprep:api_my_rooms"),
        is_staff=False,
    )


@staff_page
def control_room(request: HttpRequest, *, now: datetime, course_id: str) -> HttpResponse:
    """Every published session of a run, for its staff and its invigilators."""
    key = course_key_in(course_id)
    # Who may watch none of them is told that there is nothing, before anything of the run is shown.
    sessions_in(course_key=key, user_id=request.user.pk)
    is_staff = get_lms().is_course_staff(request.user.pk, key)
    return _rooms(
        request,
        course_run=key,
        crumbs=room_crumbs(key, is_staff=is_staff),
        title=_("All rooms"),
        lead=_("Every published session of this course run; the room that needs somebody stands first."),
        nothing=_("Publish a session, and it appears here."),
        rooms_url=reverse("assessprep:api_course_rooms", args=[str(key)]),
        is_staff=is_staff,
    )


def _rooms(request: HttpRequest, *, rooms_url: str, is_staff: bool, **context: Any) -> HttpResponse:
    setup = {"poll_ms": POLL_MS, "urls": {"rooms": rooms_url}, "is_staff": is_staff, "words": _words()}
    sections = (("now", _("Now")), ("next", _("Next")), ("over", _("Over")))
    return page(request, "assessprep_xblock/staff/rooms.html", setup=setup, sections=sections, **context)


def _words() -> dict[str, Any]:
    said = monitor_words()
    return {
        **{name: said[name] for name in ("phase", "seconds", "minutes", "hours", "updated", "held_live")},
        "lost": said["lost"],
        "failed": said["failed"],
        "refused": _("You can no longer watch these sessions. Load the page again."),
        "level": {"chief": _("Chief invigilator"), "invigilator": _("Invigilator")},
        "signs": {
            "waiting": _("{n} waiting to be let in"),
            "away": _("{n} waiting to be let back"),
            "tries": _("{n} typing wrong codes"),
            "silent": _("{n} without contact"),
            "devices": _("{n} on a second device"),
            "paused": _("{n} paused alone"),
        },
        "held": _("Paused"),
        "begin": _("Not begun"),
        "near_end": _("Ends in {time}"),
        "ends": _("Everybody’s time ends at {time}"),
        "opens": _("Opens {time}"),
        "closes": _("Closes {time}"),
        "of": _("{n} of {of} here"),
        "status": said["status"],
        "guests": _("+ {n} guests"),
        "tries": _("{name}: wrong codes: {n} ({m} a minute)"),
        "locked": said["locked"],
        "shown": _("{n} of {of} rooms shown"),
    }


urlpatterns = [
    path("rooms/", rooms, name="rooms"),
    path("courses/<str:course_id>/rooms/", control_room, name="control_room"),
]
