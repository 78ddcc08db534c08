"""REST for school staff with many rows at once: sessions for all classes or out of a file, and rosters out of a list."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.http import HttpRequest
from django.urls import path
from django.utils.translation import gettext as _
from opaque_keys.edx.keys import CourseKey
from rest_framework.response import Response

from ..domain.library import queries as library
from ..domain.library.delivery import read as read_setting
from ..domain.organizations.queries import run_for_staff
from ..domain.sessions import actions_bulk, bulk, listed_students, overlaps, queries, rosters
from ..domain.shared import uploads
from ..domain.shared.refusals import Refusal
from . import shapes_bulk as shapes
from .doors import StaffView, read_course_key, read_text, read_uuid, takes

#: Ten thousand rows of two hundred characters, as base64; below what Django itself takes into memory.
LARGEST_FILE_BODY = 2_400_000
#: What a page shows of a plan; what is wrong comes first.
SHOWN = 200


class _TableView(StaffView):
    """A call that may carry a whole file."""

    largest_body = LARGEST_FILE_BODY


def _file(body: dict[str, Any]) -> tuple[str, str]:
    """The text of the file in ``body`` and the encoding it was read in."""
    try:
        raw = base64.b64decode(body["file"], validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise Refusal("invalid", field="file", why=_("it has to be a file")) from None
    return uploads.text_of(raw)


def _rows(body: dict[str, Any], course_key: CourseKey) -> tuple[list[bulk.Row], str]:
    if body.get("file") is not None:
        text, encoding = _file(body)
        zone = read_setting("time_zone", body.get("zone") or "UTC")
        return bulk.rows_out_of(text, course_key=course_key, zone=zone), encoding
    given = body.get("rows")
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Refusal("invalid", field="rows", why=_("it has to be a list"))
    return [_row(number, one) for number, one in enumerate(given, start=1)], ""


def _row(number: int, given: dict[str, Any]) -> bulk.Row:
    wanted = rosters.read_roster({"classes": given.get("classes", []), "students": given.get("students", [])})
    name = read_text(given.get("name", ""), field="name", most=10 * bulk.LONGEST_NAME)
    settings = given.get("settings", {})
    if not isinstance(settings, dict):
        raise Refusal("invalid", field="settings", why=_("it has to be an object"))
    return bulk.Row(number, name, wanted["classes"], wanted["students"], settings)


class SessionsCheckView(_TableView):
    """``POST courses/<course_id>/sessions/check``."""

    @takes(shapes.SessionsCheckIn, operation_id="sessions_check", responses=shapes.SessionsPlanOut)
    def post(self, request: HttpRequest, course_id: str) -> Response:
        """What these rows would become and what is wrong with each; nothing is made."""
        body, run = self.body(), run_for_staff(course_key=read_course_key(course_id), user_id=self.user_id)
        uuid = read_uuid(body.get("assessment"), field="assessment")
        found = library.assessment_for_school(assessment_uuid=uuid, run=run)
        placements = library.placements_of(found, run.key)
        version = placements[0].version if placements else found.current_version
        assert version is not None
        rows, encoding = _rows(body, run.key)
        planned = bulk.plan(
            course_key=run.key,
            envelope=version.settings,
            settings=body.get("settings", {}),
            rows=rows,
            taken=queries.names_taken(run.key),
            beside=overlaps.beside([one.pk for one in placements[:1]], self.now),
        )
        shown = sorted(planned, key=lambda one: (not one.problems, not one.notes, one.line))[:SHOWN]
        return Response(
            {
                "count": len(planned),
                "wrong": sum(1 for one in planned if one.problems),
                "summary": bulk.summary(planned),
                "encoding": encoding,
                "rows": [one.as_json() for one in shown],
            }
        )


class SessionsTogetherView(_TableView):
    """``POST courses/<course_id>/sessions/together``."""

    @takes(shapes.SessionsIn, operation_id="sessions_create", responses={201: shapes.SessionsMadeOut})
    def post(self, request: HttpRequest, course_id: str) -> Response:
        """All these sessions as drafts, or none."""
        body, course_key = self.body(), read_course_key(course_id)
        uuid = read_uuid(body.get("placement"), field="placement")
        placement = library.placement_for_staff(placement_uuid=uuid, user_id=self.user_id)
        if placement.course_key != course_key:
            raise Refusal("not_found")
        rows, _encoding = _rows(body, course_key)
        made = actions_bulk.create_sessions(
            placement_uuid=placement.uuid,
            settings=body.get("settings", {}),
            rows=rows,
            request_id=read_uuid(body.get("request_id"), field="request_id"),
            by=self.user_id,
            now=self.now,
        )
        return Response({"count": len(made), "sessions": [str(one.uuid) for one in made]}, status=201)


class LearnersListedView(_TableView):
    """``POST courses/<course_id>/learners/listed``."""

    @takes(shapes.ListedIn, operation_id="learners_listed", responses=shapes.ListedOut)
    def post(self, request: HttpRequest, course_id: str) -> Response:
        """Who is meant by a pasted list or a file of user names and addresses, and which lines mean nobody here."""
        body, run = self.body(), run_for_staff(course_key=read_course_key(course_id), user_id=self.user_id)
        if body.get("file") is not None:
            wanted = listed_students.sent(_file(body)[0])
        else:
            wanted = listed_students.pasted(read_text(body.get("text"), field="text", most=LARGEST_FILE_BODY, least=1))
        listed = listed_students.find(run.key, wanted)
        return Response(
            {
                "count": len(wanted),
                "results": [{"id": one.user_id, "username": one.username, "name": one.full_name} for one in listed.people],
                "wrong": [{"line": one.line, "text": one.text, "what": one.what} for one in listed.wrong],
            }
        )


class RosterCountView(StaffView):
    """``POST courses/<course_id>/learners/count``."""

    @takes(shapes.RosterIn, operation_id="roster_count", responses=shapes.RosterCountOut)
    def post(self, request: HttpRequest, course_id: str) -> Response:
        """How many learners a roster assigns as things stand now; nothing is saved."""
        body, run = self.body(), run_for_staff(course_key=read_course_key(course_id), user_id=self.user_id)
        return Response({"assigned": rosters.count(run.key, rosters.read_roster(body))})


urlpatterns = [
    path("courses/<str:course_id>/sessions/check", SessionsCheckView.as_view(), name="api_sessions_check"),
    path("courses/<str:course_id>/sessions/together", SessionsTogetherView.as_view(), name="api_sessions_together"),
    path("courses/<str:course_id>/learners/listed", LearnersListedView.as_view(), name="api_learners_listed"),
    path("courses/<str:course_id>/learners/count", RosterCountView.as_view(), name="api_roster_count"),
]
