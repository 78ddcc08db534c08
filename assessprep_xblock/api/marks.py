"""Marking, call by call: points for one question, undo, who has a submission open, and the names that were hidden."""

from __future__ import annotations

import math
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from rest_framework.response import Response

from ..domain.grading import actions, actions_keeping, actions_twice, queries_submission, rules, rules_twice
from ..domain.shared.refusals import Refusal
from . import shapes_marks as shapes
from .doors import StaffView, read_text, takes


def _points(value: Any, *, field: str) -> float:
    """A finite number; booleans and texts are none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e9 < value < 1e9 or not math.isfinite(value):
        raise Refusal("invalid", field=field, why="it has to be a number")
    # -0.0 is 0, and would be written as "-0".
    return float(value) + 0.0


def _criteria(value: Any) -> dict[str, float]:
    if not isinstance(value, dict) or len(value) > 100:
        raise Refusal("invalid", field="criteria", why="it has to be an object of points")
    return {str(name)[:20]: _points(one, field="criteria") for name, one in value.items()}


def _given(body: dict[str, Any]) -> rules.Given:
    if "points" not in body:
        raise Refusal("invalid", field="points", why="it has to be a number, or null to take the mark back")
    return rules.Given(
        points=None if body["points"] is None else _points(body["points"], field="points"),
        criteria=_criteria(body.get("criteria", {})),
        comment=read_text(body.get("comment", ""), field="comment", most=rules.LONGEST_COMMENT),
        reason=read_text(body.get("reason", ""), field="reason", most=rules.LONGEST_REASON),
    )


def _version(body: dict[str, Any]) -> str:
    version = body.get("version")
    if not isinstance(version, str) or len(version) > 60:
        raise Refusal("invalid", field="version", why="it has to be the version that was read")
    return version


def _round(body: dict[str, Any]) -> int | None:
    given = body.get("round")
    if given not in (None, *rules_twice.ROUNDS) or isinstance(given, bool):
        raise Refusal("invalid", field="round", why="it has to be 1 or 2")
    return given


def _answer(result: Any, user_id: int) -> Response:
    attempt = queries_submission.refreshed(result.attempt_id)
    return Response(queries_submission.mark_view(result, attempt, user_id=user_id))


class MarkView(StaffView):
    """``PUT attempts/<uuid>/marks/<item> {version, points, criteria, comment, reason, round}``: points that a person gives.

    Where two people mark an answer it is one of the two marks: ``round`` 1 or 2 asks for that one; without it the server
    takes the one that is left.
    """

    @takes(shapes.MarkIn, responses=OpenApiTypes.OBJECT)
    def put(self, request: HttpRequest, attempt_uuid: UUID, item: str) -> Response:
        """The mark as it stands, with the new total. ``points`` null takes the mark back."""
        body = self.body()
        result = actions.mark(
            attempt_uuid=attempt_uuid,
            item=item,
            version=_version(body),
            given=_given(body),
            asked_round=_round(body),
            by=self.user_id,
            now=self.now,
        )
        return _answer(result, self.user_id)


class UndoMarkView(StaffView):
    """``POST attempts/<uuid>/marks/<item>/undo {version}``: what was in force before the last change."""

    @takes(shapes.MarkVersionIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, attempt_uuid: UUID, item: str) -> Response:
        """The mark as it stands, with the new total."""
        version = _version(self.body())
        result = actions.undo_mark(attempt_uuid=attempt_uuid, item=item, version=version, by=self.user_id, now=self.now)
        return _answer(result, self.user_id)


class SettleMarksView(StaffView):
    """``POST attempts/<uuid>/marks/<item>/settle {version, points, criteria, comment, reason}``: what counts of both."""

    @takes(shapes.PointsIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, attempt_uuid: UUID, item: str) -> Response:
        """The mark as it stands, with the new total. Safe to repeat."""
        body = self.body()
        result = actions_twice.settle_marks(
            attempt_uuid=attempt_uuid,
            item=item,
            version=_version(body),
            given=_given(body),
            by=self.user_id,
            now=self.now,
        )
        return _answer(result, self.user_id)


class LeaseView(StaffView):
    """``POST attempts/<uuid>/lease {take_over}``: keep a submission to oneself while marking it; ``DELETE``: let it go."""

    @takes(shapes.LeaseIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, attempt_uuid: UUID) -> Response:
        """Until when it is kept; to be renewed before."""
        take_over = self.body().get("take_over", False)
        if not isinstance(take_over, bool):
            raise Refusal("invalid", field="take_over", why="it has to be true or false")
        until = actions_keeping.take_lease(attempt_uuid=attempt_uuid, take_over=take_over, by=self.user_id, now=self.now)
        return Response({"until": until})

    @takes(None, responses={204: None})
    def delete(self, request: HttpRequest, attempt_uuid: UUID) -> Response:
        """Let it go."""
        actions_keeping.drop_lease(attempt_uuid=attempt_uuid, by=self.user_id)
        return Response(status=204)


class RevealView(StaffView):
    """``POST sessions/<uuid>/reveal-names {reason}``: graders see names from now on. Noted, and final."""

    @takes(shapes.RevealIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """Done."""
        reason = read_text(self.body().get("reason"), field="reason", most=rules.LONGEST_REASON, least=1)
        actions_keeping.reveal_names(session_uuid=session_uuid, reason=reason, by=self.user_id, now=self.now)
        return Response({"names_hidden": False})


urlpatterns = [
    path("attempts/<uuid:attempt_uuid>/marks/<str:item>", MarkView.as_view(), name="api_mark"),
    path("attempts/<uuid:attempt_uuid>/marks/<str:item>/undo", UndoMarkView.as_view(), name="api_mark_undo"),
    path("attempts/<uuid:attempt_uuid>/marks/<str:item>/settle", SettleMarksView.as_view(), name="api_mark_settle"),
    path("attempts/<uuid:attempt_uuid>/lease", LeaseView.as_view(), name="api_lease"),
    path("sessions/<uuid:session_uuid>/reveal-names", RevealView.as_view(), name="api_reveal_names"),
]
