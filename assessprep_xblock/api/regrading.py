"""Corrected marking, call by call: what a later version would change, putting it in force, and taking it back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from ..domain.grading import actions_regrading, queries_regrading
from ..domain.library.corrections import FULL, LEAVE
from ..domain.shared.refusals import Refusal
from . import shapes_marks as shapes
from .doors import StaffView, read_uuid, takes

ASKED = [
    OpenApiParameter("version", int, description="Number of the version that corrects."),
    OpenApiParameter("dropped", str, description=f"{LEAVE}: dropped questions count nothing. {FULL}: everybody has them."),
]


def read_version(value: Any) -> int:
    """A version's number, out of JSON or an address."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 8:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**8:
        raise Refusal("invalid", field="version", why="it has to be a whole number")
    return value


def read_dropped(value: Any) -> str:
    """What becomes of dropped questions."""
    if value not in (LEAVE, FULL):
        raise Refusal("invalid", field="dropped", why="it has to be leave or full")
    return str(value)


class PreviewView(StaffView):
    """``GET sessions/<uuid>/regrade-preview?version=&dropped=``: how far looking is; ``POST {version, dropped}``: look."""

    @extend_schema(operation_id="regrade_progress", parameters=ASKED, responses=OpenApiTypes.OBJECT)
    def get(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """``{state, correction, done, total, in_force, behind}``; ``behind``: submissions still marked as before."""
        return Response(self._told(session_uuid, request.GET))

    @takes(shapes.CorrectionAskedIn, operation_id="regrade_preview", responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """The same, once it was begun. Nothing is changed by it; safe to repeat."""
        body = self.body()
        asked = {"version": read_version(body.get("version")), "dropped": read_dropped(body.get("dropped", LEAVE))}
        actions_regrading.preview(session_uuid=session_uuid, by=self.user_id, now=self.now, **asked)
        return Response(self._told(session_uuid, asked))

    def _told(self, session_uuid: UUID, asked: Any) -> dict[str, Any]:
        return queries_regrading.progress(
            session_uuid=session_uuid,
            version=read_version(asked.get("version")),
            dropped=read_dropped(asked.get("dropped", LEAVE)),
            user_id=self.user_id,
        )


class RegradeView(StaffView):
    """``POST sessions/<uuid>/regrade {correction}``: the session's placement is marked by the corrected key from now on."""

    @takes(shapes.CorrectionIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """How many submissions a task has yet to mark. Safe to repeat."""
        correction = read_uuid(self.body().get("correction"), field="correction")
        placement = actions_regrading.apply(
            session_uuid=session_uuid, correction_uuid=correction, by=self.user_id, now=self.now
        )
        return Response({"behind": queries_regrading.waiting(placement)})


class UndoRegradeView(StaffView):
    """``POST sessions/<uuid>/regrade/undo {correction}``: what was in force before that correction is again."""

    @takes(shapes.CorrectionIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """How many submissions a task has yet to mark. Safe to repeat."""
        correction = read_uuid(self.body().get("correction"), field="correction")
        placement = actions_regrading.undo(
            session_uuid=session_uuid, correction_uuid=correction, by=self.user_id, now=self.now
        )
        return Response({"behind": queries_regrading.waiting(placement)})


class ImpactView(StaffView):
    """``GET assessments/<uuid>/impact?version=&dropped=``: what a version would change in each school, for its author;
    ``POST {version, dropped}``: look."""

    @extend_schema(operation_id="version_impact", parameters=ASKED, responses=OpenApiTypes.OBJECT)
    def get(self, request: HttpRequest, assessment_uuid: UUID) -> Response:
        """Numbers of at least five students, by school; no session and no name."""
        return Response(self._told(assessment_uuid, request.GET))

    @takes(shapes.CorrectionAskedIn, operation_id="version_impact_preview", responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, assessment_uuid: UUID) -> Response:
        """The same, once looking was begun. Nothing is changed by it; safe to repeat."""
        body = self.body()
        asked = {"version": read_version(body.get("version")), "dropped": read_dropped(body.get("dropped", LEAVE))}
        actions_regrading.preview_everywhere(assessment_uuid=assessment_uuid, by=self.user_id, now=self.now, **asked)
        return Response(self._told(assessment_uuid, asked))

    def _told(self, assessment_uuid: UUID, asked: Any) -> dict[str, Any]:
        found = queries_regrading.impact_for_author(
            assessment_uuid=assessment_uuid,
            version=read_version(asked["version"]) if asked.get("version") else None,
            dropped=read_dropped(asked.get("dropped", LEAVE)),
            user_id=self.user_id,
        )
        return {
            "version": found.version.number if found.version else None,
            "schools": [asdict(one) for one in found.schools],
            "kept_back": found.kept_back,
            "cannot": found.cannot,
            "waiting": found.waiting,
            "working": found.working,
        }


urlpatterns = [
    path("sessions/<uuid:session_uuid>/regrade-preview", PreviewView.as_view(), name="api_regrade_preview"),
    path("sessions/<uuid:session_uuid>/regrade", RegradeView.as_view(), name="api_regrade"),
    path("sessions/<uuid:session_uuid>/regrade/undo", UndoRegradeView.as_view(), name="api_regrade_undo"),
    path("assessments/<uuid:assessment_uuid>/impact", ImpactView.as_view(), name="api_impact"),
]
