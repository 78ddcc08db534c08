"""REST for school staff: who may watch a session."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from ..domain.sessions import actions_invigilators, queries
from ..domain.sessions.rosters import LARGEST_ID
from ..domain.shared.refusals import Refusal
from . import shapes
from .doors import StaffView, read_text, takes


class InvigilatorsView(StaffView):
    """``GET/POST sessions/<id>/invigilators``."""

    @extend_schema(operation_id="invigilators", responses=shapes.InvigilatorsOut)
    def get(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """Everybody invited to watch the session."""
        session = queries.session_for_staff(session_uuid=session_uuid, user_id=self.user_id)
        rows = [
            {"id": person.user_id, "username": person.username, "name": person.full_name, "level": level}
            for person, level in queries.invigilators_of(session)
        ]
        return Response({"results": rows})

    @takes(shapes.InvigilatorIn, operation_id="invigilator_invite", responses={201: shapes.InvigilatorOut})
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """Let somebody watch the session; inviting again changes the level."""
        body = self.body()
        level = body.get("level", "invigilator")
        person = actions_invigilators.invite(
            session_uuid=session_uuid,
            who=read_text(body.get("who"), field="who", most=254, least=1),
            level=level if isinstance(level, str) else "",
            by=self.user_id,
            now=self.now,
        )
        row = {"id": person.user_id, "username": person.username, "name": person.full_name, "level": level}
        return Response(row, status=201)


class InvigilatorView(StaffView):
    """``DELETE sessions/<id>/invigilators/<user id>``."""

    @takes(None, operation_id="invigilator_dismiss", responses={204: None})
    def delete(self, request: HttpRequest, session_uuid: UUID, watcher_id: int) -> Response:
        """Take the right to watch back."""
        if watcher_id > LARGEST_ID:
            raise Refusal("not_found")
        actions_invigilators.dismiss(session_uuid=session_uuid, user_id=watcher_id, by=self.user_id, now=self.now)
        return Response(status=204)


urlpatterns = [
    path("sessions/<uuid:session_uuid>/invigilators", InvigilatorsView.as_view(), name="api_invigilators"),
    path("sessions/<uuid:session_uuid>/invigilators/<int:watcher_id>", InvigilatorView.as_view(), name="api_invigilator"),
]
