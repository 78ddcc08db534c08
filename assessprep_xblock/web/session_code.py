"""A session's code for the whole room: on a screen, and on paper with the roster and the way to the start screen."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse

from ..domain.organizations.queries import run_for_staff
from ..domain.sessions import queries, rosters
from ..domain.sessions.guests import admits
from ..domain.sessions.queries_accommodations import extra_time_in
from ..domain.sessions.rules import delivery
from ..domain.shared.refusals import Refusal
from ..lms import get_lms
from .pages import page, staff_page
from .session_shown import course_crumb


def qr_drawing(text: str) -> dict[str, Any]:
    """A QR code as one path of squares: ``size`` (squares a side, its quiet border included) and ``path`` (SVG's ``d``)."""
    rows = list(segno.make(text, error="m", micro=False).matrix_iter(border=4))
    strokes = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark]
    return {"size": len(rows), "path": "".join(strokes)}


def _start_screen(request: HttpRequest, session: Any) -> dict[str, Any] | None:
    """Where students go, and its QR code. Never the code: an address is passed on, photographed and kept."""
    key = session.placement.usage_key
    unit = get_lms().unit_place(key) if key else None
    if unit is None:
        return None
    address = request.build_absolute_uri(unit.student_url)
    return {"address": address, "qr": qr_drawing(address)}


def guests_page(request: HttpRequest, session: Any) -> str:
    """The address where people without an account come into this session; "" where none may."""
    key = session.course_key
    if not admits(key, delivery(session.placement.version.settings, session.overrides)):
        return ""
    return request.build_absolute_uri(reverse("assessprep:guest_entry", args=[str(key)]))


def _guests(request: HttpRequest, session: Any) -> dict[str, Any] | None:
    """The same with its QR code."""
    address = guests_page(request, session)
    return {"address": address, "qr": qr_drawing(address), "for_guests": True} if address else None


@staff_page
def session_display(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """The code and the way to the start screen, as large as the screen allows, for the whole room."""
    session = queries.session_for_staff(session_uuid=session_uuid, user_id=request.user.pk)
    if session.lifecycle != "published":
        raise Refusal("archived" if session.lifecycle == "archived" else "not_published")
    return page(
        request,
        "assessprep_xblock/staff/session_display.html",
        course_run=session.course_key,
        crumbs=[(session.name, reverse("assessprep:session", args=[session.uuid]))],
        session=session,
        settings=queries.settings_of(session),
        start=_start_screen(request, session),
        guests=_guests(request, session),
    )


@staff_page
def session_sheet(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """To print: the code, the instructions, and the roster as an attendance list."""
    session = queries.session_for_staff(session_uuid=session_uuid, user_id=request.user.pk)
    run = run_for_staff(course_key=session.course_key, user_id=request.user.pk)
    people = rosters.assigned(session)
    extra = extra_time_in(session, people.keys())
    settings = queries.settings_of(session)
    return page(
        request,
        "assessprep_xblock/staff/session_sheet.html",
        course_run=run,
        crumbs=[course_crumb(run), (session.name, reverse("assessprep:session", args=[session.uuid]))],
        session=session,
        assessment=session.placement.version.title,
        settings=settings,
        minutes=settings["duration_s"] / 60,
        start=_start_screen(request, session),
        guests=_guests(request, session),
        people=[
            {"name": person.full_name, "username": person.username, "extra": -(-extra.get(person.user_id, 0) // 60)}
            for person in sorted(people.values(), key=lambda one: (one.full_name.casefold(), one.username))
        ],
    )


urlpatterns = [
    path("sessions/<uuid:session_uuid>/display/", session_display, name="session_display"),
    path("sessions/<uuid:session_uuid>/sheet/", session_sheet, name="session_sheet"),
]
