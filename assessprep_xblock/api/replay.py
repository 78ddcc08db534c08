"""Replay: the room as it was at any moment."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from ..domain.library.delivery import moment
from ..domain.monitoring.queries_replay import replay
from ..domain.sessions.queries import session_for_monitor
from . import monitor_words
from .doors import StaffView


class ReplayView(StaffView):
    """``GET sessions/<uuid>/replay?at=``: the room at a moment, out of the audit; also of an archived session."""

    @extend_schema(
        operation_id="session_replay",
        parameters=[OpenApiParameter("at", str, description="ISO 8601 with an offset; without it, the beginning.")],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """Who was where, how long still, and what happened around that moment, in words."""
        session, _level = session_for_monitor(session_uuid=session_uuid, user_id=self.user_id)
        given = request.GET.get("at")
        at: datetime | None = moment(given, field="at") if given else None
        found = replay(session, at=at, now=self.now)
        events = [{**one, "words": monitor_words.event(one, one["student"])} for one in found["events"]]
        return Response({**found, "events": events})


urlpatterns = [path("sessions/<uuid:session_uuid>/replay", ReplayView.as_view(), name="api_session_replay")]
