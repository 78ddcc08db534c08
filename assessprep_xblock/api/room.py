"""Letting students come back to a running test, after a silence or at another device."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from rest_framework.response import Response

from ..domain.monitoring import actions_back
from ..domain.monitoring.rules import MOST_ATTEMPTS
from ..domain.sessions.queries import session_for_monitor
from ..domain.shared.refusals import Refusal
from .doors import StaffView, read_uuid, takes
from .shapes_room import AttemptsIn


class LetBackView(StaffView):
    """``POST sessions/<uuid>/let-back {attempts}``: who waits after a silence, or sits at another device, goes on."""

    @takes(AttemptsIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """One row each, with the reason where refused."""
        session, _level = session_for_monitor(session_uuid=session_uuid, user_id=self.user_id)
        given = self.body().get("attempts")
        if given != "all" and (not isinstance(given, list) or not 0 < len(given) <= MOST_ATTEMPTS):
            raise Refusal("invalid", field="attempts", why='it has to be "all" or a list of ids')
        attempts = given if given == "all" else list(dict.fromkeys(read_uuid(one, field="attempts") for one in given))
        about = {"session_id": session.pk, "by": self.user_id, "now": self.now}
        return Response(self.once("let_back", lambda: actions_back.let_back(attempts=attempts, **about)))


urlpatterns = [
    path("sessions/<uuid:session_uuid>/let-back", LetBackView.as_view(), name="api_session_let_back"),
]
