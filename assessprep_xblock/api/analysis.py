"""The Analyse view's calls: the figures of an assessment, as JSON and as a spreadsheet, and having a large report
prepared."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from ..domain.analysis import exports, queries
from ..domain.analysis.actions import prepare
from ..domain.analysis.scopes import Asked, Scope, scope_of
from ..domain.shared.refusals import Refusal
from .doors import FileView, StaffView, files, takes

ASKED = [
    OpenApiParameter(name, str, description=text)
    for name, text in (
        ("session", "UUID of one session; course staff of its run only."),
        ("organization", "Short name of one school."),
        ("version", "Number of a version; the one with the most submissions unless given."),
        ("view", "school: your own sessions. author: every school's, in groups of five and more."),
    )
]
TABLE = OpenApiParameter("table", str, description=f"One of {', '.join(exports.TABLES)}; {exports.TABLES[0]} unless given.")


class _View(StaffView):
    def scope(self, request: HttpRequest, assessment_uuid: UUID) -> Scope:
        """What was asked for, as far as this person may have it."""
        return scope_of(assessment_uuid=assessment_uuid, user_id=self.user_id, asked=Asked.read(request.GET))


class AnalysisView(_View):
    """``GET assessments/<uuid>/analysis``: every figure with its interval. 202 while a large report is not there yet."""

    @extend_schema(operation_id="analysis", parameters=ASKED, responses=OpenApiTypes.OBJECT)
    def get(self, request: HttpRequest, assessment_uuid: UUID) -> Response:
        """The report, of everything submitted until ``as_of``; where it is prepared by a task, how far that is."""
        scope = self.scope(request, assessment_uuid)
        made = queries.analysis(scope, now=self.now)
        told = {"assessment": str(scope.assessment.uuid), "view": scope.view, "version": scope.version, **made}
        return Response(told, status=200 if made["state"] == "ready" else 202, headers={"Cache-Control": "no-store"})


class AnalysisFileView(FileView):
    """``GET assessments/<uuid>/analysis.csv``: one table of it; ``.xlsx``: all of them, unless one is asked for."""

    @extend_schema(parameters=[*ASKED, TABLE])
    def get(self, request: HttpRequest, assessment_uuid: UUID) -> HttpResponseBase:
        """The file; 409 while a large report is not prepared."""
        table = request.GET.get("table", exports.TABLES[0] if self.kind == "csv" else "")
        if table and table not in exports.TABLES:
            raise Refusal("invalid", field="table", why="it has to be one of {known}", known=", ".join(exports.TABLES))
        asked = Asked.read(request.GET)
        scope = scope_of(assessment_uuid=assessment_uuid, user_id=self.user_id, asked=asked)
        made = queries.analysis(scope, now=self.now)
        if made["state"] != "ready":
            raise Refusal("report_not_ready")
        tables = [exports.analysis_table(made, name) for name in ([table] if table else exports.TABLES)]
        return self.file(f"{scope.assessment.title} {table}".strip(), *tables)


class PrepareView(StaffView):
    """``POST assessments/<uuid>/analysis/prepare``: have a large report made (again); safe to repeat."""

    @takes(None, operation_id="analysis_prepare", parameters=ASKED, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, assessment_uuid: UUID) -> Response:
        """How far it is. ``ready``: there is nothing to prepare."""
        asked = Asked.read(request.GET)
        return Response(prepare(assessment_uuid=assessment_uuid, asked=asked, by=self.user_id, now=self.now))


urlpatterns = [
    path("assessments/<uuid:assessment_uuid>/analysis", AnalysisView.as_view(), name="api_analysis"),
    *files("assessments/<uuid:assessment_uuid>/analysis", AnalysisFileView, "api_analysis"),
    path("assessments/<uuid:assessment_uuid>/analysis/prepare", PrepareView.as_view(), name="api_analysis_prepare"),
]
