"""Outages: who lost contact in an interval, and making up for exactly that."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.http import HttpRequest
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from ..domain.library.delivery import moment
from ..domain.monitoring import queries_outages
from ..domain.monitoring.actions_outages import make_up
from ..domain.monitoring.rules import LONGEST_REASON, MOST_ATTEMPTS, MOST_SECONDS
from ..domain.sessions.queries import session_for_monitor
from ..domain.shared.refusals import Refusal
from .doors import StaffView, read_text, read_uuid, takes
from .shapes_room import OutageIn


def _moment(value: Any, field: str, session: Any) -> datetime:
    """ISO 8601; a time without an offset is one of the session's own time zone, as people in the room say it."""
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            return moment(at.replace(tzinfo=queries_outages.zone_of(session)).isoformat(), field=field)
    except (TypeError, ValueError, OverflowError):
        raise Refusal("invalid", field=field, why="it has to be a date and a time") from None
    return moment(value, field=field)


def _most_seconds(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MOST_SECONDS:
        raise Refusal("invalid", field="at_most_s", why="it has to be a whole number from 1 to {most}", most=MOST_SECONDS)
    return value


class OutagesView(StaffView):
    """``sessions/<uuid>/outages``: ``GET ?since=&until=`` tells who lost contact, ``POST`` makes up for it."""

    @extend_schema(
        operation_id="session_outages",
        parameters=[OpenApiParameter("since", str), OpenApiParameter("until", str)],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """Who lost contact between two moments, and for how long; without them, in the likeliest outage of the last day."""
        session, _level = session_for_monitor(session_uuid=session_uuid, user_id=self.user_id)
        interval = None
        if request.GET.get("since") or request.GET.get("until"):
            since, until = (_moment(request.GET.get(name), name, session) for name in ("since", "until"))
            interval = queries_outages.read_interval(since, until, self.now)
        return Response(queries_outages.outages(session, interval=interval, now=self.now))

    @takes(OutageIn, operation_id="session_make_up_outage", responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """Give exactly what was lost to those named, once; each row tells the seconds, or why none were given."""
        session, _level = session_for_monitor(session_uuid=session_uuid, user_id=self.user_id)
        body = self.body()
        given = body.get("attempts")
        if given != "all" and (not isinstance(given, list) or not 0 < len(given) <= MOST_ATTEMPTS):
            raise Refusal("invalid", field="attempts", why='it has to be "all" or a list of ids')
        request_id = read_uuid(body.get("request_id"), field="request_id")
        return Response(
            make_up(
                session_id=session.pk,
                by=self.user_id,
                attempts=given if given == "all" else list(dict.fromkeys(read_uuid(one, field="attempts") for one in given)),
                since=_moment(body.get("since"), "since", session),
                until=_moment(body.get("until"), "until", session),
                most_s=_most_seconds(body.get("at_most_s")),
                reason=read_text(body.get("reason", ""), field="reason", most=LONGEST_REASON, least=1),
                # The same name sent to another session is another request.
                request_id=uuid5(request_id, f"{session_uuid}/outages"),
                now=self.now,
            )
        )


urlpatterns = [path("sessions/<uuid:session_uuid>/outages", OutagesView.as_view(), name="api_session_outages")]
