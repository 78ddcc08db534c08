"""The Monitor's calls that only tell: the live picture of one session, and the log of one student."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from ..domain.monitoring import exports, queries, queries_gates, queries_log, queries_rows
from ..domain.sessions.queries import session_for_monitor
from ..domain.sessions.rosters import LARGEST_ID
from ..domain.shared.refusals import Refusal
from . import monitor_words
from .doors import FileView, StaffView, files


class MonitorView(StaffView):
    """``GET sessions/<uuid>/monitor?since=``: the picture, or what changed since the token; 204 where nothing did.

    Rows come as a table that tells each name once: ``usual`` holds what all of them say, ``kinds`` what says one of few
    things (``{"of": [...], "at": "0010"}``, for each row the place of what it says, 0 to 9 and then a to z), ``columns``
    lists of what each row says.
    """

    @extend_schema(
        operation_id="session_monitor",
        parameters=[OpenApiParameter("since", str, description="The token of the last answer.")],
        responses={200: OpenApiTypes.OBJECT, 204: None},
    )
    def get(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """The live picture."""
        since = request.GET.get("since", "")
        session, level, picture = queries.watch(session_uuid=session_uuid, user_id=self.user_id, since=since, now=self.now)
        if picture is None:
            return Response(status=204)
        # Whoever may end a session may also read its code out.
        picture["session"]["code"] = session.live_code if level == "chief" else None
        return Response({**picture, "rows": queries_rows.table(picture["rows"]), "level": level})


class AttemptLogView(StaffView):
    """``GET attempts/<uuid>/log``: what happened to one attempt, and where its seconds came from."""

    @extend_schema(operation_id="attempt_log", responses=OpenApiTypes.OBJECT)
    def get(self, request: HttpRequest, attempt_uuid: UUID) -> Response:
        """The log, each event in words."""
        log = queries_log.attempt_log(attempt_uuid=attempt_uuid, user_id=self.user_id)
        return Response(
            {**log, "events": [{**event, "words": monitor_words.event(event, log["name"])} for event in log["events"]]}
        )


class WhyView(StaffView):
    """``GET sessions/<uuid>/why/<account>``: why can't she start? Every gate, open or closed, and what opens it."""

    @extend_schema(operation_id="session_why", responses=OpenApiTypes.OBJECT)
    def get(self, request: HttpRequest, session_uuid: UUID, learner_id: int) -> Response:
        """The gates, each as a sentence."""
        session, _level = session_for_monitor(session_uuid=session_uuid, user_id=self.user_id)
        if learner_id > LARGEST_ID:
            raise Refusal("not_found")
        found = queries_gates.gates(session, learner_id=learner_id, now=self.now)
        told = [{**gate, "words": monitor_words.gate(gate)} for gate in found["gates"]]
        return Response({**found, "gates": told})


class TableView(FileView):
    """``GET sessions/<uuid>/attendance.csv``, ``incidents.csv``, ``log.csv``, or ``.xlsx``: files that run no formula."""

    table = ""

    def get(self, request: HttpRequest, session_uuid: UUID) -> HttpResponseBase:
        """The file, piece by piece."""
        session, _level = session_for_monitor(session_uuid=session_uuid, user_id=self.user_id)
        table = {
            "attendance": lambda: exports.attendance(session, self.now),
            "incidents": lambda: exports.incidents(session),
            "log": lambda: exports.log(session, user_id=self.user_id),
        }[self.table]()
        return self.file(f"{session.name} {self.table}", table)


urlpatterns = [
    path("sessions/<uuid:session_uuid>/monitor", MonitorView.as_view(), name="api_monitor"),
    path("sessions/<uuid:session_uuid>/why/<int:learner_id>", WhyView.as_view(), name="api_session_why"),
    *files("sessions/<uuid:session_uuid>/attendance", TableView, "api_attendance", table="attendance"),
    *files("sessions/<uuid:session_uuid>/incidents", TableView, "api_incidents", table="incidents"),
    *files("sessions/<uuid:session_uuid>/log", TableView, "api_log", table="log"),
    path("attempts/<uuid:attempt_uuid>/log", AttemptLogView.as_view(), name="api_attempt_log"),
]
