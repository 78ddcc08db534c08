"""The Monitor of one session: the frame of the page and its sentences. The picture itself comes by REST, again and again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.monitoring.queries_log import sessions_to_watch
from ..domain.monitoring.rules import (
    ACTIONS,
    ANYBODY_S_DEEDS,
    CHIEF_ONLY,
    LONGEST_ANNOUNCEMENT,
    LONGEST_COMMENT,
    LONGEST_REASON,
)
from ..domain.sessions.queries import session_for_monitor
from ..lms import get_lms
from .monitor_words import kinds, words
from .pages import page, room_crumbs, session_tabs, staff_page

#: Milliseconds between two polls; the page spreads them by chance, so that a school's monitors never call at once.
POLL_MS = 4000


@staff_page
def monitor(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """The live view of one session, for its course staff and its invigilators. What is done here stays in it."""
    session, level = session_for_monitor(session_uuid=session_uuid, user_id=request.user.pk)
    sessions = sessions_to_watch(course_key=session.course_key, user_id=request.user.pk)
    targets = [one for one in sessions if one["placement"] == session.placement_id and one["uuid"] != session.uuid]
    is_staff = get_lms().is_course_staff(request.user.pk, session.course_key)
    return page(
        request,
        "assessprep_xblock/staff/monitor.html",
        course_run=session.course_key,
        crumbs=room_crumbs(session.course_key, is_staff=is_staff),
        tabs=session_tabs(session.uuid, current="monitor", is_staff=is_staff),
        session=session,
        assessment=session.placement.version.title,
        chief=level == "chief",
        longest_reason=LONGEST_REASON,
        longest_announcement=LONGEST_ANNOUNCEMENT,
        sessions=[
            {
                "address": reverse("assessprep:monitor", args=[one["uuid"]]),
                "name": one["name"],
                "assessment": one["assessment"],
                "current": one["uuid"] == session.uuid,
            }
            for one in sessions
        ],
        longest_comment=LONGEST_COMMENT,
        targets=targets,
        kinds=kinds(),
        tables=[
            {
                "title": title,
                "files": [
                    (kind.upper(), reverse(f"assessprep:api_{name}_{kind}", args=[session.uuid])) for kind in ("csv", "xlsx")
                ],
            }
            for name, title in (
                ("attendance", _("Attendance")),
                ("incidents", _("Irregularities")),
                ("log", _("Log of the session")),
            )
        ],
        rotate=is_staff,
        outages=reverse("assessprep:outages", args=[session.uuid]),
        replay=reverse("assessprep:replay", args=[session.uuid]),
        rooms=reverse("assessprep:control_room", args=[str(session.course_key)]),
        setup=_setup(session, level, request.user.pk),
    )


def page_beside(request: HttpRequest, template: str, session: Any, **context: Any) -> HttpResponse:
    """A page about the same room as its Monitor, with the way back there. Who may watch the room was asked before."""
    is_staff = get_lms().is_course_staff(request.user.pk, session.course_key)
    back = reverse("assessprep:monitor", args=[session.uuid])
    above = room_crumbs(session.course_key, is_staff=is_staff)
    return page(
        request,
        template,
        course_run=session.course_key,
        crumbs=[*above, (_("Monitor: {session}").format(session=session.name), back)],
        session=session,
        back=back,
        **context,
    )


def _setup(session: Any, level: str, user_id: int) -> dict[str, Any]:
    """What the page's script needs: who may do what, addresses, and every sentence it says."""
    own = [session.uuid]
    log = reverse("assessprep:api_attempt_log", args=[session.uuid])
    return {
        "session": session.name,
        "level": level,
        "me": user_id,
        "kinds": {kind["value"]: kind["title"] for group in kinds() for kind in group["kinds"]},
        "poll_ms": POLL_MS,
        "chief_only": sorted(CHIEF_ONLY),
        "anybody_s": sorted(ANYBODY_S_DEEDS),
        "urls": {
            "monitor": reverse("assessprep:api_monitor", args=own),
            "settle": reverse("assessprep:api_session_settle", args=own),
            "clear_tries": reverse("assessprep:api_session_clear_tries", args=own),
            "why": reverse("assessprep:api_session_why", args=[session.uuid, 0]).removesuffix("0"),
            "begin": reverse("assessprep:api_session_begin", args=own),
            "let-back": reverse("assessprep:api_session_let_back", args=own),
            "rotate": reverse("assessprep:api_session_rotate_code", args=own),
            "log": log.replace(str(session.uuid), "ATTEMPT"),
            **{deed: reverse(f"assessprep:api_session_{deed.replace('-', '_')}", args=own) for deed in ACTIONS},
        },
        "words": words(),
    }


urlpatterns = [path("sessions/<uuid:session_uuid>/monitor/", monitor, name="monitor")]
