"""The replay page of one session: the room as it was at any minute, and what happened around it. It only reads."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.sessions.queries import session_for_monitor
from ..lms import get_lms
from .monitor_words import words as monitor_words
from .pages import page, session_crumbs, staff_page


@staff_page
def replay(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """The frame of the page and its sentences; the room itself comes by REST, minute by minute."""
    session, _level = session_for_monitor(session_uuid=session_uuid, user_id=request.user.pk)
    is_staff = get_lms().is_course_staff(request.user.pk, session.course_key)
    above = session_crumbs(session.course_key) if is_staff else [(_("Sessions you watch"), reverse("assessprep:rooms"))]
    back = reverse("assessprep:monitor", args=[session.uuid])
    return page(
        request,
        "assessprep_xblock/staff/replay.html",
        course_run=session.course_key,
        crumbs=[*above, (_("Monitor: {session}").format(session=session.name), back)],
        session=session,
        back=back,
        setup={"urls": {"replay": reverse("assessprep:api_session_replay", args=[session.uuid])}, "words": _words()},
    )


def _words() -> dict[str, Any]:
    said = monitor_words()
    return {
        **{name: said[name] for name in ("status", "waiting", "denied", "away", "held", "guest", "void", "attempt_no")},
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
