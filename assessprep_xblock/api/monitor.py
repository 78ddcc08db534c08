"""The Monitor's calls: the live picture of one session, and what an invigilator does in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from ..domain.attempts.actions_settle import settle
from ..domain.monitoring import actions, actions_begin, queries, queries_log
from ..domain.monitoring.rules import CHIEF_ONLY, LONGEST_ANNOUNCEMENT, LONGEST_REASON, MOST_ATTEMPTS, MOST_SECONDS
from ..domain.sessions.queries import session_for_monitor
from ..domain.shared.refusals import Refusal
from .doors import StaffView, read_text, read_uuid


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


def _attempts(body: dict[str, Any]) -> Any:
    """``"all"`` or a list of attempts' UUIDs."""
    given = body.get("attempts")
    if given == "all":
        return "all"
    if not isinstance(given, list) or not given:
        raise Refusal("invalid", field="attempts", why='it has to be "all" or a list of ids')
    if len(given) > MOST_ATTEMPTS:
        raise Refusal("too_large", field="attempts", limit=f"{MOST_ATTEMPTS} ids")
    return list(dict.fromkeys(read_uuid(one, field="attempts") for one in given))


def _reason(body: dict[str, Any]) -> str:
    return read_text(body.get("reason", ""), field="reason", most=LONGEST_REASON)


def _seconds(body: dict[str, Any]) -> int:
    seconds = body.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not seconds or abs(seconds) > MOST_SECONDS:
        why = f"it has to be a whole number from -{MOST_SECONDS} to {MOST_SECONDS}, not 0"
        raise Refusal("invalid", field="seconds", why=why)
    return seconds


def _learners(body: dict[str, Any]) -> list[int]:
    given = body.get("learner_ids")
    if not isinstance(given, list) or not given or len(given) > MOST_ATTEMPTS:
        raise Refusal("invalid", field="learner_ids", why="it has to be a list of account ids")
    # Larger numbers are no account's, and no database's integer either.
    if any(isinstance(one, bool) or not isinstance(one, int) or not 0 < one < 2**31 for one in given):
        raise Refusal("invalid", field="learner_ids", why="it has to be a list of account ids")
    return sorted(set(given))


#: Action -> what of the body it takes, read and checked before anything else is done.
READS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "pause": lambda body: {"attempts": _attempts(body), "reason": _reason(body)},
    "resume": lambda body: {"attempts": _attempts(body), "reason": _reason(body)},
    "end": lambda body: {"attempts": _attempts(body), "reason": _reason(body)},
    "submit": lambda body: {"attempts": _attempts(body), "reason": _reason(body)},
    "admit": lambda body: {"attempts": _attempts(body)},
    "extend": lambda body: {
        "attempts": _attempts(body),
        "seconds": _seconds(body),
        "reason": _reason(body),
        "request_id": read_uuid(body.get("request_id"), field="request_id"),
    },
    "announce": lambda body: {
        "attempts": _attempts(body),
        "text": read_text(body.get("text"), field="text", most=LONGEST_ANNOUNCEMENT, least=1),
        "request_id": read_uuid(body.get("request_id"), field="request_id"),
    },
}


class ActionView(StaffView):
    """``POST sessions/<uuid>/<action>``: one deed in one session. Never reaches another session, whatever ids are sent."""

    action = ""

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """Do it, and answer row by row."""
        session, level = session_for_monitor(session_uuid=session_uuid, user_id=self.user_id)
        if self.action in CHIEF_ONLY and level != "chief":
            raise Refusal("forbidden")
        given = READS[self.action](self.body())
        deed = getattr(actions, self.action)
        return Response(deed(session_id=session.pk, by=self.user_id, now=self.now, **given))


class BeginView(StaffView):
    """``POST sessions/<uuid>/begin``: the test begins, where the invigilator starts it for the whole room."""

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """Everybody in the room may start from now on."""
        session, _level = session_for_monitor(session_uuid=session_uuid, user_id=self.user_id)
        return Response(actions_begin.begin(session_id=session.pk, by=self.user_id, now=self.now))


class ClearTriesView(StaffView):
    """``POST sessions/<uuid>/clear-tries {learner_ids}``: these accounts may type a code again at once."""

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """How many accounts had tries."""
        session, _level = session_for_monitor(session_uuid=session_uuid, user_id=self.user_id)
        learners = _learners(self.body())
        cleared = actions.clear_tries(session_id=session.pk, by=self.user_id, learner_ids=learners, now=self.now)
        return Response({"cleared": cleared})


class SettleView(StaffView):
    """``POST sessions/<uuid>/settle``: whose time is over is handed in, and failed hand-ins are tried again."""

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """How many were handed in, and how many were tried again."""
        session, _level = session_for_monitor(session_uuid=session_uuid, user_id=self.user_id)
        settled = settle(session_id=session.pk, now=self.now)
        return Response({"submitted": settled.submitted, "tried_again": settled.tried_again})


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
    *(
        path(
            f"sessions/<uuid:session_uuid>/{action}",
            ActionView.as_view(action=action),
            name=f"api_session_{action}",
        )
        for action in READS
    ),
    path("sessions/<uuid:session_uuid>/begin", BeginView.as_view(), name="api_session_begin"),
    path("sessions/<uuid:session_uuid>/clear-tries", ClearTriesView.as_view(), name="api_session_clear_tries"),
    path("sessions/<uuid:session_uuid>/settle", SettleView.as_view(), name="api_session_settle"),
    path("attempts/<uuid:attempt_uuid>/log", AttemptLogView.as_view(), name="api_attempt_log"),
]
