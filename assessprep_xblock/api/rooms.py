"""Every room at once, for pages that ask again and again: one course run's, or everything that somebody watches."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import path, reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from ..domain.monitoring import queries_rooms
from .doors import StaffView, read_course_key


def _with_addresses(found: dict[str, Any]) -> dict[str, Any]:
    """Each room with the way to its Monitor."""
    rooms = [{**one, "monitor": reverse("assessprep:monitor", args=[one["session"]])} for one in found["rooms"]]
    return {**found, "rooms": rooms}


class CourseRoomsView(StaffView):
    """``GET courses/<course id>/rooms``: the published sessions of a run with their counters and what needs somebody."""

    @extend_schema(operation_id="course_rooms", responses=OpenApiTypes.OBJECT)
    def get(self, request: HttpRequest, course_id: str) -> Response:
        """Every room of the run that one may watch, the one in trouble first."""
        key = read_course_key(course_id)
        return Response(
            _with_addresses(queries_rooms.rooms_of_run(course_key=key, user_id=self.user_id, now=self.now)),
        )


class MyRoomsView(StaffView):
    """``GET me/rooms``: the same of the sessions that one was invited to watch, in whichever run."""

    @extend_schema(operation_id="my_rooms", responses=OpenApiTypes.OBJECT)
    def get(self, request: HttpRequest) -> Response:
        """Every room that one watches, the one in trouble first."""
        return Response(_with_addresses(queries_rooms.rooms_watched(user_id=self.user_id, now=self.now)))


urlpatterns = [
    path("courses/<str:course_id>/rooms", CourseRoomsView.as_view(), name="api_course_rooms"),
    path("me/rooms", MyRoomsView.as_view(), name="api_my_rooms"),
]
