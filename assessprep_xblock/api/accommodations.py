"""REST for school staff: extra time that a learner always has in a course run."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from ..domain.organizations.queries import run_for_staff
from ..domain.sessions import actions_accommodations as actions
from ..domain.sessions import queries_accommodations as queries
from ..domain.sessions.rosters import LARGEST_ID
from ..domain.shared.refusals import Refusal
from . import shapes
from .doors import StaffView, read_course_key, takes
from .paging import PAGE_PARAMETERS, page_of, paged


class AccommodationsView(StaffView):
    """``GET courses/<id>/accommodations``."""

    @extend_schema(operation_id="accommodations", parameters=PAGE_PARAMETERS, responses=page_of(shapes.AccommodationOut))
    def get(self, request: HttpRequest, course_id: str) -> Response:
        """Who has extra time in every test of a run, the newest first."""
        run = run_for_staff(course_key=read_course_key(course_id), user_id=self.user_id)
        page = paged(request, queries.accommodations_of_run(run.key), lambda row: {"row": row})
        rows = [one["row"] for one in page["results"]]
        return Response({**page, "results": [queries.accommodation_view(one) for one in queries.named(rows)]})


class AccommodationView(StaffView):
    """``PUT/DELETE courses/<id>/accommodations/<user id>``."""

    @takes(shapes.AccommodationIn, operation_id="accommodation_set", responses={200: shapes.AccommodationOut})
    def put(self, request: HttpRequest, course_id: str, learner_id: int) -> Response:
        """Give a learner extra time from the next Start on; safe to repeat."""
        body: dict[str, Any] = self.body()
        row = actions.set_accommodation(
            course_key=read_course_key(course_id),
            learner_id=_account(learner_id),
            extra_s=body.get("extra_s", 0),
            percent=body.get("percent", 100),
            by=self.user_id,
            now=self.now,
        )
        return Response(queries.accommodation_view(queries.named([row])[0]))

    @takes(None, operation_id="accommodation_remove", responses={204: None})
    def delete(self, request: HttpRequest, course_id: str, learner_id: int) -> Response:
        """Take extra time back for tests that are not started; safe to repeat."""
        course_key = read_course_key(course_id)
        actions.remove_accommodation(course_key=course_key, learner_id=_account(learner_id), by=self.user_id, now=self.now)
        return Response(status=204)


def _account(learner_id: int) -> int:
    if learner_id > LARGEST_ID:
        raise Refusal("not_found")
    return learner_id


urlpatterns = [
    path("courses/<str:course_id>/accommodations", AccommodationsView.as_view(), name="api_accommodations"),
    path("courses/<str:course_id>/accommodations/<int:learner_id>", AccommodationView.as_view(), name="api_accommodation"),
]
