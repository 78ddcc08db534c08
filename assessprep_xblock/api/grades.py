"""The Grade view's calls: results of one session, as JSON and as a spreadsheet, and their release."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from ..domain.attempts import actions_release
from ..domain.grading import exports, queries, queries_release
from ..domain.sessions.queries import session_for_staff
from ..domain.shared.refusals import Refusal
from .doors import FileView, StaffView, files, read_uuid, takes
from .shapes_marks import ReleaseIn

LARGEST_PAGE = 100
FILTERS = [
    OpenApiParameter(name, str, description=text)
    for name, text in (
        ("status", "unattempted, working, ungraded, partly or scored"),
        ("band", "0-25, 25-50, 50-75 or 75-100"),
        ("marking", "second: an answer lacks the second of two marks; conflict: two marks are too far from each other"),
        ("class", "Id of a class."),
        ("search", "Part of a name or user name."),
        ("sort", "name, score or submitted; with - the other way round"),
    )
]


def read_page(given: Any, *, most: int) -> int:
    """A number of a page, from 1; anything else is the first."""
    if not isinstance(given, str) or not given.isascii() or not given.isdigit() or len(given) > 9:
        return 1
    return max(1, min(int(given), most))


class GradesView(StaffView):
    """``GET sessions/<uuid>/grades``: the submissions of a session, page by page, with the counts over all of them."""

    @extend_schema(operation_id="session_grades", parameters=FILTERS, responses=OpenApiTypes.OBJECT)
    def get(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """One page of results."""
        session = session_for_staff(session_uuid=session_uuid, user_id=self.user_id)
        found = queries.grades(session, queries.Filters.read(request.GET))
        size = min(read_page(request.GET.get("page_size", str(queries.PAGE_SIZE)), most=LARGEST_PAGE), LARGEST_PAGE)
        number = read_page(request.GET.get("page"), most=100_000)
        rows = found.found[(number - 1) * size : number * size]
        following = None
        if number * size < len(found.found):
            query = request.GET.copy()
            query["page"] = str(number + 1)
            following = f"{request.path}?{query.urlencode()}"
        return Response(
            {
                "count": len(found.found),
                "next": following,
                "statuses": found.statuses,
                "bands": found.bands,
                "mean": found.summary.mean,
                "median": found.summary.median,
                "release": found.release,
                "released": found.released,
                "unreleased": found.unreleased,
                "to_mark": found.to_mark,
                "marking": found.marking,
                "names_hidden": found.hidden,
                "results": [_submission(one, hidden=found.hidden) for one in rows],
            }
        )


def _submission(one: queries.Submission, *, hidden: bool) -> dict[str, Any]:
    return {
        "attempt": one.attempt,
        "learner": None if hidden else one.learner,
        "name": one.name,
        "username": one.username,
        "classes": one.classes,
        "attempt_status": one.attempt_status,
        "status": one.status,
        "grade_pending": one.pending,
        "guest": one.guest,
        "no_account": one.no_account,
        "voided": one.voided,
        "released": one.released,
        "answered": one.answered,
        "questions": one.questions,
        "to_mark": one.to_mark,
        "to_second": one.to_second,
        "conflicts": one.conflicts,
        "submitted_at": one.submitted_at,
        "earned": one.earned,
        "possible": one.possible,
        "percent": one.percent,
        "band": one.band.name if one.band else None,
    }


class GradesFileView(FileView):
    """``GET sessions/<uuid>/grades.csv`` or ``.xlsx``: the same, as a spreadsheet that runs no formula."""

    @extend_schema(parameters=FILTERS)
    def get(self, request: HttpRequest, session_uuid: UUID) -> HttpResponseBase:
        """The file, piece by piece."""
        session = session_for_staff(session_uuid=session_uuid, user_id=self.user_id)
        return self.file(session.name, exports.grades_table(session, queries.Filters.read(request.GET)))


def _chosen(body: dict[str, Any]) -> list[UUID] | None:
    """``attempts``: a list of UUIDs; None for ``"all"``, or where it is not given."""
    given = body.get("attempts", "all")
    if given == "all":
        return None
    if not isinstance(given, list) or not given:
        raise Refusal("invalid", field="attempts", why='it has to be "all" or a list of ids')
    if len(given) > actions_release.MOST:
        raise Refusal("too_large", field="attempts", limit=f"{actions_release.MOST} ids")
    return [read_uuid(one, field="attempts") for one in given]


class ReleaseView(StaffView):
    """``GET sessions/<uuid>/release``: what a release would show, what still waits, and whom it could help to know.
    ``POST ... {attempts}``: students may know their results, and the platform's gradebook gets them."""

    @extend_schema(operation_id="session_release_preview", responses=OpenApiTypes.OBJECT)
    def get(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """Before a release."""
        session = session_for_staff(session_uuid=session_uuid, user_id=self.user_id)
        return Response(asdict(queries_release.before_release(session, self.now)))

    @takes(ReleaseIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """How many submissions were handed to the gradebook by this call; 0 where all were before."""
        session = session_for_staff(session_uuid=session_uuid, user_id=self.user_id)
        chosen = _chosen(self.body())
        released = actions_release.release(session_id=session.pk, by=self.user_id, now=self.now, attempts=chosen)
        return Response({"released": released})


urlpatterns = [
    path("sessions/<uuid:session_uuid>/grades", GradesView.as_view(), name="api_grades"),
    *files("sessions/<uuid:session_uuid>/grades", GradesFileView, "api_grades"),
    path("sessions/<uuid:session_uuid>/release", ReleaseView.as_view(), name="api_release"),
]
