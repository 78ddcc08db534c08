"""The outage page of one session: who lost contact, and one action that makes up for exactly that."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.monitoring.queries_outages import zone_of
from ..domain.monitoring.rules import LONGEST_REASON
from ..domain.sessions.queries import session_for_monitor
from .monitor import page_beside
from .monitor_words import words as monitor_words
from .pages import staff_page


@staff_page
def outages(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """The frame of the page and its sentences; who lost contact comes by REST."""
    session, _level = session_for_monitor(session_uuid=session_uuid, user_id=request.user.pk)
    zone = str(zone_of(session))
    return page_beside(
        request,
        "assessprep_xblock/staff/outages.html",
        session,
        longest_reason=LONGEST_REASON,
        zone=zone,
        setup={
            "zone": zone,
            "urls": {
                "outages": reverse("assessprep:api_session_outages", args=[session.uuid]),
                "undo": reverse("assessprep:api_session_undo", args=[session.uuid]),
            },
            "words": _words(),
        },
    )


def _words() -> dict[str, Any]:
    return {
        "status": monitor_words()["status"],
        "suggestion": _("{since} – {until}: {n} without contact"),
        "silence": _("{since} – {until}"),
        "going_on": _("{since} – still without contact"),
        "select": _("Select {name}"),
        "paid": _("{time} made up for before"),
        "nothing": _("nothing left to give"),
        "not_running": _("The test has ended: reopen it in the Monitor first."),
        "found": _("{n} students had no contact between {since} and {until}."),
        "nobody": _("Nobody lost contact between {since} and {until}."),
        "give": _("Give {n} students what they lost"),
        "give_none": _("Give what was lost"),
        "done": _("Given: {time} to {n} students."),
        "partly": _("Given: {time} to {n} students; {m} got nothing:"),
        "undo": _("Undo"),
        "undone": _("Taken back from {n} of {of}."),
        "given": _("{at}: {time} to {n} students · {by} · {reason}"),
        "taken_back": _("taken back"),
        "dates": _("Fill in both times."),
        "reason": _("Say why: the students and the log tell it."),
    }


urlpatterns = [path("sessions/<uuid:session_uuid>/outages/", outages, name="outages")]
