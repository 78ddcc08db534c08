"""The Monitor's calls that only tell: the live picture of one session, and the log of one student."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from ..domain.monitoring import queries, queries_log
from ..domain.sessions.queries import session_for_monitor
from .doors import StaffView


class MonitorView(StaffView):
    """``GET sessions/<uuid>/monitor?since=``: the picture, or what changed since the token; 204 where nothing did."""

    @extend_schema(
        operation_id="session_monitor",
        parameters=[OpenApiParameter("since", str, description="The token of the last answer.")],
        responses={200: OpenApiTypes.OBJECT, 204: None},
    )
    def get(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """The live picture."""
        session, level = session_for_monitor(session_uuid=session_uuid, user_id=self.user_id)
        picture = queries.monitor(session, since=request.GET.get("since", ""), now=self.now)
        if picture is None:
            return Response(status=204)
        # Whoever may end a session may also read its code out.
        picture["session"]["code"] = session.live_code if level == "chief" else None
        return Response({**picture, "level": level})


class AttemptLogView(StaffView):
    """``GET attempts/<uuid>/log``: what happened to one attempt, and where its seconds came from."""

    @extend_schema(operation_id="attempt_log", responses=OpenApiTypes.OBJECT)
    def get(self, request: HttpRequest, attempt_uuid: UUID) -> Response:
        """The log, each event in words."""
        log = queries_log.attempt_log(attempt_uuid=attempt_uuid, user_id=self.user_id)
        return Response({**log, "events": [{**event, "words": _words(event, log["name"])} for event in log["events"]]})


#: What happened, as it is told. An action that is not here is told by its name.
WORDS = {
    "join": gettext_lazy("{who} joined with the session's code."),
    "admit": gettext_lazy("{who} let the student in."),
    "start": gettext_lazy("{who} started the test."),
    "begin": gettext_lazy("{who} began the test."),
    "pause": gettext_lazy("{who} paused the session."),
    "resume": gettext_lazy("{who} let the session go on."),
    "hold": gettext_lazy("{who} paused this student."),
    "release": gettext_lazy("{who} let this student go on."),
    "extend": gettext_lazy("{who} changed the time."),
    "end": gettext_lazy("{who} ended the test."),
    "submit": gettext_lazy("{who} handed the test in."),
    "settle": gettext_lazy("The time was over: handed in by the server."),
}


def _words(event: dict[str, Any], name: str) -> str:
    """One event as a sentence, with the reason where one was given."""
    told = str(WORDS.get(event["action"], event["action"])).format(who=event["by"] or name)
    return f"{told} {_('Reason:')} {event['reason']}" if event["reason"] else told


urlpatterns = [
    path("sessions/<uuid:session_uuid>/monitor", MonitorView.as_view(), name="api_monitor"),
    path("attempts/<uuid:attempt_uuid>/log", AttemptLogView.as_view(), name="api_attempt_log"),
]
