"""The Grade view's calls: results of one session, as JSON and as a spreadsheet, and their release."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from ..domain.attempts.actions_handin import release
from ..domain.grading import exports, queries
from ..domain.sessions.queries import session_for_staff
from .doors import StaffView

LARGEST_PAGE = 100
FILTERS = [
    OpenApiParameter(name, str, description=text)
    for name, text in (
        ("status", "unattempted, working, ungraded or scored"),
        ("band", "0-25, 25-50, 50-75 or 75-100"),
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
                "released": found.released,
                "unreleased": found.unreleased,
                "results": [_submission(one) for one in rows],
            }
        )


def _submission(one: queries.Submission) -> dict[str, Any]:
    return {
        "attempt": one.attempt,
        "learner": one.learner,
        "name": one.name,
        "username": one.username,
        "classes": one.classes,
        "attempt_status": one.attempt_status,
        "status": one.status,
        "grade_pending": one.pending,
        "guest": one.guest,
        "voided": one.voided,
        "answered": one.answered,
        "questions": one.questions,
        "submitted_at": one.submitted_at,
        "earned": one.earned,
        "possible": one.possible,
        "percent": one.percent,
        "band": one.band.name if one.band else None,
    }


class GradesCsvView(StaffView):
    """``GET sessions/<uuid>/grades.csv``: the same, as a spreadsheet that runs no formula."""

    def perform_content_negotiation(self, request: Any, force: bool = False) -> Any:
        """The answer is text/csv whatever was accepted; without this an Accept of text/csv alone would be refused."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(operation_id="session_grades_csv", parameters=FILTERS, responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: HttpRequest, session_uuid: UUID) -> HttpResponseBase:
        """The file, line by line."""
        session = session_for_staff(session_uuid=session_uuid, user_id=self.user_id)
        lines = exports.grades_csv(session, queries.Filters.read(request.GET))
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        name = quote(f"{session.name} {self.now:%Y-%m-%d}.csv", safe="")
        answer["Content-Disposition"] = f"attachment; filename=\"grades.csv\"; filename*=UTF-8''{name}"
        answer["Cache-Control"] = "no-store"
        return answer


class ReleaseView(StaffView):
    """``POST sessions/<uuid>/release``: students may know their results, and the platform's gradebook gets them."""

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """How many submissions were released by this call; 0 where all were before."""
        session = session_for_staff(session_uuid=session_uuid, user_id=self.user_id)
        return Response({"released": release(session_id=session.pk, by=self.user_id, now=self.now)})


urlpatterns = [
    path("sessions/<uuid:session_uuid>/grades", GradesView.as_view(), name="api_grades"),
    path("sessions/<uuid:session_uuid>/grades.csv", GradesCsvView.as_view(), name="api_grades_csv"),
    path("sessions/<uuid:session_uuid>/release", ReleaseView.as_view(), name="api_release"),
]
