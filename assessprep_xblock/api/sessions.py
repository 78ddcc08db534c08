"""REST for school staff: sessions, their rosters and their life; and for students: their own sessions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from ..domain.attempts.queries_absent import submitted_learner_ids
from ..domain.grading.actions_judging import judge_again
from ..domain.library.queries import placement_for_staff
from ..domain.organizations.queries import run_for_staff, runs_of_learner, search_learners
from ..domain.sessions import actions, queries
from ..domain.sessions.guests import accounts_in
from ..domain.sessions.lint import lint
from ..domain.shared.refusals import Refusal
from . import shapes
from .doors import StaffView, read_course_key, read_text, read_uuid, takes
from .library import read_version
from .paging import PAGE_PARAMETERS, page_of, paged
from .shapes_room import DeedIn

LONGEST_NAME = 120
LONGEST_REASON = 500


def _name(value: Any) -> str:
    name = read_text(value, field="name", most=LONGEST_NAME, least=1)
    if "\n" in name or "\t" in name:
        raise Refusal("invalid", field="name", why=_("it has to stand on one line"))
    return name


def _reason(body: dict[str, Any]) -> str:
    return read_text(body.get("reason", ""), field="reason", most=LONGEST_REASON)


def _flag(body: dict[str, Any], field: str, *, default: bool) -> bool:
    value = body.get(field, default)
    if not isinstance(value, bool):
        raise Refusal("invalid", field=field, why=_("it has to be true or false"))
    return value


def _request_id(body: dict[str, Any]) -> UUID | None:
    given = body.get("request_id")
    return None if given is None else read_uuid(given, field="request_id")


class _SessionView(StaffView):
    def answer(self, session: Any, status: int = 200) -> Response:
        """A session, for its staff."""
        return Response(queries.staff_view(session, self.now), status=status)


class CourseSessionsView(_SessionView):
    """``GET/POST courses/<course_id>/sessions``."""

    @extend_schema(
        operation_id="sessions",
        parameters=[*PAGE_PARAMETERS, OpenApiParameter("archived", bool, description="Only archived ones, or all others.")],
        responses=page_of(shapes.SessionOut),
    )
    def get(self, request: HttpRequest, course_id: str) -> Response:
        """A run's sessions, newest first."""
        run = run_for_staff(course_key=read_course_key(course_id), user_id=self.user_id)
        rows = queries.sessions_of_run(run.key, archived=request.GET.get("archived") == "true")
        return Response(paged(request, rows, lambda session: queries.staff_view(session, self.now)))

    @takes(shapes.SessionIn, operation_id="session_create", responses={201: shapes.SessionOut})
    def post(self, request: HttpRequest, course_id: str) -> Response:
        """Add Session: a draft."""
        body, course_key = self.body(), read_course_key(course_id)
        placement = placement_for_staff(
            placement_uuid=read_uuid(body.get("placement"), field="placement"), user_id=self.user_id
        )
        if placement.course_key != course_key:
            raise Refusal("not_found")
        session = actions.create_session(
            placement_uuid=placement.uuid,
            name=_name(body.get("name")),
            settings=body.get("settings", {}),
            roster=body.get("roster", {}),
            request_id=_request_id(body),
            by=self.user_id,
            now=self.now,
        )
        return self.answer(session, status=201)


class SessionView(_SessionView):
    """``GET/PATCH/DELETE sessions/<uuid>``."""

    @extend_schema(operation_id="session", responses=shapes.SessionOut)
    def get(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """A session."""
        return self.answer(queries.session_for_staff(session_uuid=session_uuid, user_id=self.user_id))

    @takes(shapes.SessionChange, operation_id="session_change", responses=shapes.SessionOut)
    def patch(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """Rename it, change its settings or its roster."""
        body = self.body()
        changes: dict[str, Any] = {field: body[field] for field in ("settings", "roster") if field in body}
        if "name" in body:
            changes["name"] = _name(body["name"])
        version = read_version(body)
        about: dict[str, Any] = {"session_uuid": session_uuid, "by": self.user_id, "now": self.now}
        session = actions.change_session(changes=changes, version=version, reason=_reason(body), **about)
        if "settings" in changes:
            judge_again(**about)
        return self.answer(session)

    @takes(None, operation_id="session_delete", responses={204: None})
    def delete(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """Delete a session that nobody ever joined."""
        actions.delete_session(session_uuid=session_uuid, by=self.user_id, now=self.now)
        return Response(status=204)


class RosterView(_SessionView):
    """``PUT sessions/<uuid>/roster``."""

    @takes(shapes.RosterChange, operation_id="session_roster", responses=shapes.SessionOut)
    def put(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """Choose who is assigned."""
        body = self.body()
        version = read_version(body)
        roster = {part: value for part, value in body.items() if part not in ("version", "reason")}
        given = {"roster": roster, "version": version, "reason": _reason(body)}
        return self.answer(actions.set_roster(session_uuid=session_uuid, by=self.user_id, now=self.now, **given))


class LifeView(_SessionView):
    """``POST sessions/<uuid>/{publish,unpublish,archive,unarchive,rotate-code}``."""

    #: One of the domain's actions: ``session_uuid``, ``by``, ``now``.
    act: Callable[..., Any] | None = None

    @takes(DeedIn, responses=shapes.SessionOut)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """The session after it; a repeat of the request gets the session as it stands."""
        act = self.act
        assert act is not None

        def deed() -> dict[str, Any]:
            act(session_uuid=session_uuid, by=self.user_id, now=self.now)
            # The session has a code: it is read again instead of being remembered.
            return {}

        self.once(act.__name__, deed)
        return self.answer(queries.session_for_staff(session_uuid=session_uuid, user_id=self.user_id))


class DuplicateView(_SessionView):
    """``POST sessions/<uuid>/duplicate``."""

    @takes(shapes.DuplicateIn, operation_id="session_duplicate", responses={201: shapes.SessionOut})
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """A draft with what was chosen of the settings, the roster and the invigilators, and with its own dates."""
        body = self.body()
        roster = body.get("roster", "same")
        source = queries.session_for_staff(session_uuid=session_uuid, user_id=self.user_id)
        copy = actions.duplicate_session(
            session_uuid=session_uuid,
            name=_name(body.get("name")),
            roster=roster if isinstance(roster, str) else "",
            copy_settings=_flag(body, "settings", default=True),
            copy_invigilators=_flag(body, "invigilators", default=False),
            dates={field: body[field] for field in actions.DATES if body.get(field) is not None},
            submitted_ids=submitted_learner_ids(source) if roster == "absent" else (),
            request_id=_request_id(body),
            by=self.user_id,
            now=self.now,
        )
        return self.answer(copy, status=201)


class LintView(StaffView):
    """``POST sessions/<uuid>/lint``."""

    @takes(None, operation_id="session_lint", responses=shapes.LintOut)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """What stands between the session and its students."""
        session = queries.session_for_staff(session_uuid=session_uuid, user_id=self.user_id)
        return Response({"problems": [problem.as_json() for problem in lint(session, self.now)]})


class LearnersView(StaffView):
    """``GET courses/<course_id>/learners?search=``."""

    @extend_schema(
        operation_id="learners",
        parameters=[
            OpenApiParameter(
                "search", str, required=True, description="Part of a name or an e-mail address, at least two letters."
            )
        ],
        responses=shapes.LearnersOut,
    )
    def get(self, request: HttpRequest, course_id: str) -> Response:
        """At most 20 learners whose name contains it."""
        text = read_text(request.GET.get("search", ""), field="search", most=100)
        course_key = read_course_key(course_id)
        found = search_learners(course_key=course_key, user_id=self.user_id, text=text)
        # A guest's throw-away account can be put on nobody's list.
        guests = accounts_in(course_key) if found else frozenset()
        told = [one for one in found if one.user_id not in guests]
        return Response({"results": [{"id": one.user_id, "username": one.username, "name": one.full_name} for one in told]})


class MySessionsView(StaffView):
    """``GET me/sessions``."""

    @extend_schema(operation_id="my_sessions", responses=shapes.OwnSessionsOut)
    def get(self, request: HttpRequest) -> Response:
        """Your own sessions, those open now first; never their codes."""
        with_sessions = queries.runs_with_published_sessions(run.key for run in runs_of_learner(self.user_id))
        own = [
            queries.learner_view(one)
            for course_key in with_sessions
            for one in queries.sessions_of_learner(course_key=course_key, learner_id=self.user_id, now=self.now)
        ]
        return Response({"results": own})


urlpatterns = [
    path("me/sessions", MySessionsView.as_view(), name="api_my_sessions"),
    path("courses/<str:course_id>/sessions", CourseSessionsView.as_view(), name="api_course_sessions"),
    path("courses/<str:course_id>/learners", LearnersView.as_view(), name="api_learners"),
    path("sessions/<uuid:session_uuid>", SessionView.as_view(), name="api_session"),
    path("sessions/<uuid:session_uuid>/roster", RosterView.as_view(), name="api_session_roster"),
    path("sessions/<uuid:session_uuid>/publish", LifeView.as_view(act=actions.publish_session), name="api_session_publish"),
    path(
        "sessions/<uuid:session_uuid>/unpublish",
        LifeView.as_view(act=actions.unpublish_session),
        name="api_session_unpublish",
    ),
    path("sessions/<uuid:session_uuid>/archive", LifeView.as_view(act=actions.archive_session), name="api_session_archive"),
    path(
        "sessions/<uuid:session_uuid>/unarchive",
        LifeView.as_view(act=actions.unarchive_session),
        name="api_session_unarchive",
    ),
    path(
        "sessions/<uuid:session_uuid>/rotate-code", LifeView.as_view(act=actions.rotate_code), name="api_session_rotate_code"
    ),
    path("sessions/<uuid:session_uuid>/duplicate", DuplicateView.as_view(), name="api_session_duplicate"),
    path("sessions/<uuid:session_uuid>/lint", LintView.as_view(), name="api_session_lint"),
]
