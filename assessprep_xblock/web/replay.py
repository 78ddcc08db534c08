"""The replay page of one session: the room as it was at any minute, and what happened around it. It only reads."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.sessions.queries import session_for_monitor
from .monitor import page_beside
from .monitor_words import words as monitor_words
from .pages import staff_page


@staff_page
def replay(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """The frame of the page and its sentences; the room itself comes by REST, minute by minute."""
    session, _level = session_for_monitor(session_uuid=session_uuid, user_id=request.user.pk)
    setup = {"urls": {"replay": reverse("assessprep:api_session_replay", args=[session.uuid])}, "words": _words()}
    return page_beside(request, "assessprep_xblock/staff/replay.html", session, setup=setup)


def _words() -> dict[str, Any]:
    said = monitor_words()
    return {
        **{
            name: said[name]
            for name in ("status", "waiting", "denied", "away", "held", "guest", "no_account", "void", "attempt_no")
        },
        "guests": _("+ {n} guests"),
        "left": _("{time} left"),
        "event": _("{at}: {words}"),
        "of": _("{student}: {words}"),
        "around": _("Five minutes before and after {at}"),
        "paused": _("The session was paused."),
        "zone": _("Times in {zone}. The list, the hours and the settings are those of today."),
        "nothing": _("Nothing happened in these ten minutes."),
        "nobody": _("Nobody was in the room, and nobody was expected."),
    }


urlpatterns = [path("sessions/<uuid:session_uuid>/replay/", replay, name="replay")]
