"""REST for authors and for schools that use what they write: banks, assessments, versions, placements."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey
from rest_framework.response import Response

from ..domain.library import actions, actions_placing, delivery, queries, queries_versions, views
from ..domain.library.actions_publishing import problems_of
from ..domain.library.queries_publishing import checked
from ..domain.organizations.queries import run_for_staff
from ..domain.sessions import queries_offered, queries_usage
from ..domain.shared.refusals import Refusal
from . import shapes
from .doors import StaffView, read_course_key, read_text, read_usage_key, read_uuid, takes
from .paging import PAGE_PARAMETERS, page_of, paged

LONGEST_NOTE = 2000


def read_flag(value: Any, *, field: str) -> bool:
    """True or false out of JSON."""
    if not isinstance(value, bool):
        raise Refusal("invalid", field=field, why="it has to be true or false")
    return value


def read_version(body: dict[str, Any]) -> int:
    """The number of the row that a change was made on."""
    value = body.get("version")
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refusal("invalid", field="version", why="it has to be the version you changed, a whole number")
    return value


def _texts(value: Any, *, field: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refusal("invalid", field=field, why="it has to be a list of short names")
    return value


def _course_key(value: Any) -> CourseKey:
    try:
        return CourseKey.from_string(value)
    except (InvalidKeyError, TypeError, AttributeError):
        raise Refusal("invalid", field="course_id", why="it has to be a course id") from None


def _usage_key(value: Any) -> UsageKey:
    try:
        return read_usage_key(value)
    except (Refusal, TypeError, AttributeError):
        raise Refusal("invalid", field="usage_key", why="it has to be a block's usage key") from None


class BanksView(StaffView):
    """``GET/POST banks``."""

    @extend_schema(operation_id="banks", parameters=PAGE_PARAMETERS, responses=page_of(shapes.BankOut))
    def get(self, request: HttpRequest) -> Response:
        """The banks you write in."""
        banks, _runs = queries.banks_of_author(self.user_id)
        return Response(paged(request, banks, views.bank_view))

    @takes(shapes.BankIn, operation_id="bank_create", responses={201: shapes.BankOut})
    def post(self, request: HttpRequest) -> Response:
        """Make a course run a bank."""
        body = self.body()
        bank = actions.create_bank(
            course_key=_course_key(body.get("course_id")),
            title=read_text(body.get("title", ""), field="title", most=255, least=1),
            shared_with_all=read_flag(body.get("shared_with_all", False), field="shared_with_all"),
            shared_with=_texts(body.get("shared_with", []), field="shared_with"),
            by=self.user_id,
            now=self.now,
        )
        return Response(views.bank_view(bank), status=201)


class BankView(StaffView):
    """``PATCH banks/<uuid>``."""

    @takes(shapes.BankChange, operation_id="bank_change", responses=shapes.BankOut)
    def patch(self, request: HttpRequest, bank_uuid: UUID) -> Response:
        """Rename it, share it, or switch sessions on or off."""
        body, changes = self.body(), {}
        if "title" in body:
            changes["title"] = read_text(body["title"], field="title", most=255, least=1)
        for field in ("sessions_enabled", "shared_with_all", "tags_required"):
            if field in body:
                changes[field] = read_flag(body[field], field=field)
        if "shared_with" in body:
            changes["shared_with"] = _texts(body["shared_with"], field="shared_with")
        bank = actions.change_bank(bank_uuid=bank_uuid, changes=changes, by=self.user_id, now=self.now)
        return Response(views.bank_view(bank))


class BankAvailabilityView(StaffView):
    """``PUT banks/<uuid>/availability``."""

    @takes(shapes.AvailabilityIn, operation_id="bank_availability", responses=shapes.BankOut)
    def put(self, request: HttpRequest, bank_uuid: UUID) -> Response:
        """Say when one organization may start sessions from a bank, or stop it at once; what runs goes on."""
        body = self.body()
        bank = actions.set_availability(
            bank_uuid=bank_uuid,
            organization=read_text(body.get("organization"), field="organization", most=255, least=1),
            opens_at=_moment_or_none(body, "opens_at"),
            closes_at=_moment_or_none(body, "closes_at"),
            stopped=read_flag(body.get("stopped", False), field="stopped"),
            by=self.user_id,
            now=self.now,
        )
        return Response(views.bank_view(bank))


def _moment_or_none(body: dict[str, Any], field: str) -> datetime | None:
    value = body.get(field)
    return None if value in (None, "") else delivery.moment(value, field=field)


class BankAssessmentsView(StaffView):
    """``GET/POST banks/<uuid>/assessments``."""

    @extend_schema(operation_id="bank_assessments", parameters=PAGE_PARAMETERS, responses=page_of(shapes.AssessmentOut))
    def get(self, request: HttpRequest, bank_uuid: UUID) -> Response:
        """A bank's assessments, by title."""
        bank = queries.bank_for_author(bank_uuid=bank_uuid, user_id=self.user_id)
        return Response(paged(request, queries.assessments_of(bank), views.assessment_view))

    @takes(shapes.AssessmentIn, operation_id="assessment_add", responses={201: shapes.AssessmentOut})
    def post(self, request: HttpRequest, bank_uuid: UUID) -> Response:
        """Make one of our blocks in the bank's run an assessment; a repeat answers the one there is."""
        usage_key = _usage_key(self.body().get("usage_key"))
        assessment = actions.add_assessment(bank_uuid=bank_uuid, usage_key=usage_key, by=self.user_id, now=self.now)
        return Response(views.assessment_view(assessment), status=201)


class AssessmentView(StaffView):
    """``GET/PATCH assessments/<uuid>``."""

    @extend_schema(operation_id="assessment", responses=shapes.AssessmentOut)
    def get(self, request: HttpRequest, assessment_uuid: UUID) -> Response:
        """An assessment, for its authors."""
        found = queries.assessment_for_author(assessment_uuid=assessment_uuid, user_id=self.user_id)
        return Response(views.assessment_view(found))

    @takes(shapes.AssessmentChange, operation_id="assessment_change", responses=shapes.AssessmentOut)
    def patch(self, request: HttpRequest, assessment_uuid: UUID) -> Response:
        """Describe it, or set its default delivery settings."""
        body = self.body()
        changes: dict[str, Any] = {
            field: read_text(body[field], field=field, most=most, least=1 if field == "title" else 0)
            for field, most in actions.DESCRIPTIONS.items()
            if field in body
        }
        for field in ("standards", "question_standards", "settings"):
            if field in body:
                changes[field] = body[field]
        if "embargo_until" in body:
            changes["embargo_until"] = _moment_or_none(body, "embargo_until")
        changed = actions.change_assessment(
            assessment_uuid=assessment_uuid, changes=changes, version=read_version(body), by=self.user_id, now=self.now
        )
        return Response(views.assessment_view(changed))


class PublishView(StaffView):
    """``POST assessments/<uuid>/publish``."""

    @takes(shapes.PublishIn, operation_id="assessment_publish", responses={201: shapes.VersionOut})
    def post(self, request: HttpRequest, assessment_uuid: UUID) -> Response:
        """Publish the next version, which never changes."""
        body = self.body()
        note = read_text(body.get("release_note", ""), field="release_note", most=LONGEST_NOTE)
        after = body.get("after")
        if after is not None and (isinstance(after, bool) or not isinstance(after, int) or after < 0):
            raise Refusal("invalid", field="after", why="it has to be the number of a version")
        given = {"assessment_uuid": assessment_uuid, "release_note": note, "after": after, "by": self.user_id}
        answer = self.once("publish_version", lambda: views.version_view(actions.publish_version(**given, now=self.now)))
        return Response(answer, status=201)


class ChecksView(StaffView):
    """``GET assessments/<uuid>/checks``."""

    @extend_schema(operation_id="assessment_checks", responses=shapes.ChecksOut)
    def get(self, request: HttpRequest, assessment_uuid: UUID) -> Response:
        """Everything that stands in the way of publishing now, each question by its name."""
        found = queries.assessment_for_author(assessment_uuid=assessment_uuid, user_id=self.user_id)
        return Response({"problems": problems_of(checked(found).findings)})


class VersionsView(StaffView):
    """``GET assessments/<uuid>/versions``."""

    @extend_schema(operation_id="assessment_versions", parameters=PAGE_PARAMETERS, responses=page_of(shapes.VersionOut))
    def get(self, request: HttpRequest, assessment_uuid: UUID) -> Response:
        """Every version, newest first."""
        found = queries.assessment_for_author(assessment_uuid=assessment_uuid, user_id=self.user_id)
        return Response(paged(request, queries.versions_of(found), views.version_view))


class ChangesView(StaffView):
    """``GET assessments/<uuid>/changes``."""

    @extend_schema(
        operation_id="assessment_changes",
        parameters=[
            OpenApiParameter("from", int, description="Number of the older version; the one before unless given."),
            OpenApiParameter("to", int, description="Number of the newer version; the newest unless given."),
        ],
        responses=shapes.ChangesOut,
    )
    def get(self, request: HttpRequest, assessment_uuid: UUID) -> Response:
        """What changed between any two versions: questions, texts, points, settings."""
        found = queries.assessment_for_author(assessment_uuid=assessment_uuid, user_id=self.user_id)
        older, newer = queries_versions.two_versions(found, request.GET.get("from", ""), request.GET.get("to", ""))
        return Response(queries_versions.changes_view(queries_versions.changes_between(older, newer)))


class WithdrawView(StaffView):
    """``POST versions/<uuid>/withdraw``."""

    @takes(shapes.WithdrawIn, operation_id="version_withdraw", responses=shapes.VersionOut)
    def post(self, request: HttpRequest, version_uuid: UUID) -> Response:
        """Take a version back: no new placement, running sessions finish."""
        reason = read_text(self.body().get("reason", ""), field="reason", most=500)
        withdrawal = actions.withdraw_version(version_uuid=version_uuid, reason=reason, by=self.user_id, now=self.now)
        return Response(views.version_view(withdrawal.version))


class UsageView(StaffView):
    """``GET assessments/<uuid>/usage``."""

    @extend_schema(
        operation_id="assessment_usage",
        parameters=[
            *PAGE_PARAMETERS,
            OpenApiParameter("organization", str, description="Short name of one organization."),
            OpenApiParameter("phase", str, description="scheduled, open, closing, closed or archived."),
            OpenApiParameter("deviates", bool, description="Only sessions whose settings differ from the defaults."),
        ],
        responses=page_of(shapes.UsageOut),
    )
    def get(self, request: HttpRequest, assessment_uuid: UUID) -> Response:
        """Which schools use it: counts and settings, never names or scores."""
        found = queries.assessment_for_author(assessment_uuid=assessment_uuid, user_id=self.user_id)
        return Response(
            paged(
                request,
                queries_usage.usage_of(found, self.now, queries_usage.Filters.read(request.GET)),
                queries_usage.usage_view,
            )
        )


class CourseAssessmentsView(StaffView):
    """``GET courses/<course_id>/assessments``."""

    @extend_schema(
        operation_id="course_assessments",
        parameters=[*PAGE_PARAMETERS, OpenApiParameter("search", str, description="Part of a title or a subject.")],
        responses=page_of(shapes.OfferedOut),
    )
    def get(self, request: HttpRequest, course_id: str) -> Response:
        """What this run's organization may use, with how the run uses it."""
        run = run_for_staff(course_key=read_course_key(course_id), user_id=self.user_id)
        offered = queries_offered.offered_to(run, self.now, search=request.GET.get("search", ""))
        return Response(paged(request, offered, queries_offered.offered_view))


class PlacementsView(StaffView):
    """``GET/POST courses/<course_id>/placements``."""

    @extend_schema(
        operation_id="placements",
        parameters=[*PAGE_PARAMETERS, OpenApiParameter("usage_key", str, description="Only what this block delivers.")],
        responses=page_of(shapes.PlacementOut),
    )
    def get(self, request: HttpRequest, course_id: str) -> Response:
        """What stands in the run, or is on its way into it, newest first."""
        run = run_for_staff(course_key=read_course_key(course_id), user_id=self.user_id)
        given = request.GET.get("usage_key")
        found = queries.placements_in(run.key, usage_key=_usage_key(given) if given else None)
        return Response(paged(request, found, views.placement_view))

    @takes(shapes.PlacementIn, operation_id="placement_want", responses={201: shapes.PlacementOut})
    def post(self, request: HttpRequest, course_id: str) -> Response:
        """Want an assessment in the run; or deliver a version through one of its blocks."""
        course_key, body = read_course_key(course_id), self.body()
        by, now = self.user_id, self.now
        if "usage_key" in body:
            usage_key = _usage_key(body["usage_key"])
            if usage_key.course_key != course_key:
                raise Refusal("not_found")
            version = read_uuid(body.get("version"), field="version")
            placed = actions_placing.place_version(usage_key=usage_key, version_uuid=version, by=by, now=now)
        else:
            wanted = read_uuid(body.get("assessment"), field="assessment")
            placed = actions_placing.want_placement(course_key=course_key, assessment_uuid=wanted, by=by, now=now)
        return Response(views.placement_view(placed), status=201)


class PlacementAddView(StaffView):
    """``POST placements/<uuid>/add``."""

    @takes(None, operation_id="placement_add", responses=shapes.PlacementOut)
    def post(self, request: HttpRequest, placement_uuid: UUID) -> Response:
        """Add to the course: a unit with the questions, published. ``state`` and ``problem`` say what came of it."""
        placed = actions_placing.add_to_course(placement_uuid=placement_uuid, by=self.user_id, now=self.now)
        return Response(views.placement_view(placed))


class PlacementView(StaffView):
    """``GET placements/<uuid>``."""

    @extend_schema(operation_id="placement", responses=shapes.PlacementOut)
    def get(self, request: HttpRequest, placement_uuid: UUID) -> Response:
        """Where an assessment stands in a run: being copied, ready, failed or drifted, and what to do."""
        found = queries.placement_for_staff(placement_uuid=placement_uuid, user_id=self.user_id)
        return Response(views.placement_view(found))


class PlacementCheckView(StaffView):
    """``POST placements/<uuid>/check``."""

    @takes(None, operation_id="placement_check", responses=shapes.PlacementOut)
    def post(self, request: HttpRequest, placement_uuid: UUID) -> Response:
        """Look again whether the course still delivers what was published; ``drift`` names each question that is not."""
        found = actions_placing.check_placement(placement_uuid=placement_uuid, by=self.user_id, now=self.now)
        return Response(views.placement_view(found))


class PlacementVersionView(StaffView):
    """``PUT placements/<uuid>/version``."""

    @takes(shapes.PlacementVersionIn, operation_id="placement_version", responses=shapes.PlacementOut)
    def put(self, request: HttpRequest, placement_uuid: UUID) -> Response:
        """Deliver another version of the assessment; refused once students have begun."""
        version = read_uuid(self.body().get("version"), field="version")
        given = {"placement_uuid": placement_uuid, "version_uuid": version}
        return Response(views.placement_view(actions_placing.take_version(**given, by=self.user_id, now=self.now)))


urlpatterns = [
    path("banks", BanksView.as_view(), name="api_banks"),
    path("banks/<uuid:bank_uuid>", BankView.as_view(), name="api_bank"),
    path("banks/<uuid:bank_uuid>/availability", BankAvailabilityView.as_view(), name="api_bank_availability"),
    path("banks/<uuid:bank_uuid>/assessments", BankAssessmentsView.as_view(), name="api_bank_assessments"),
    path("assessments/<uuid:assessment_uuid>", AssessmentView.as_view(), name="api_assessment"),
    path("assessments/<uuid:assessment_uuid>/publish", PublishView.as_view(), name="api_assessment_publish"),
    path("assessments/<uuid:assessment_uuid>/checks", ChecksView.as_view(), name="api_assessment_checks"),
    path("assessments/<uuid:assessment_uuid>/versions", VersionsView.as_view(), name="api_assessment_versions"),
    path("assessments/<uuid:assessment_uuid>/changes", ChangesView.as_view(), name="api_assessment_changes"),
    path("assessments/<uuid:assessment_uuid>/usage", UsageView.as_view(), name="api_assessment_usage"),
    path("versions/<uuid:version_uuid>/withdraw", WithdrawView.as_view(), name="api_version_withdraw"),
    path("courses/<str:course_id>/assessments", CourseAssessmentsView.as_view(), name="api_course_assessments"),
    path("courses/<str:course_id>/placements", PlacementsView.as_view(), name="api_placements"),
    path("placements/<uuid:placement_uuid>", PlacementView.as_view(), name="api_placement"),
    path("placements/<uuid:placement_uuid>/check", PlacementCheckView.as_view(), name="api_placement_check"),
    path("placements/<uuid:placement_uuid>/version", PlacementVersionView.as_view(), name="api_placement_version"),
    path("placements/<uuid:placement_uuid>/add", PlacementAddView.as_view(), name="api_placement_add"),
]
