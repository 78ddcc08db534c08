"""Which schools use an assessment, for its author: counts and settings, never a name or a score; also as a spreadsheet."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.library import catalogue, queries
from ..domain.sessions.queries_usage import (
    Filters,
    SchoolUsage,
    Usage,
    by_school,
    placements_without_sessions,
    usage_of,
)
from ..domain.shared import spreadsheets
from ..domain.shared.spreadsheets import Table
from .library import phase_badge
from .pages import page, staff_page
from .setting_fields import in_words

PHASES = ("scheduled", "open", "closing", "closed", "archived")
PAGE_SIZE = 50


def differences(one: Usage) -> list[dict[str, str]]:
    """What a school decided otherwise, each with what the author said of it."""
    return [
        {
            "label": _(catalogue.BY_NAME[name].label),
            "kind": catalogue.BY_NAME[name].kind,
            "words": in_words(catalogue.BY_NAME[name], value),
            "default": in_words(catalogue.BY_NAME[name], one.defaults.get(name)),
        }
        for name, value in one.changed.items()
        # Texts are the school's words to its students, no setting to compare.
        if name in catalogue.BY_NAME and catalogue.BY_NAME[name].kind != "text"
    ]


def session_row(one: Usage) -> dict[str, Any]:
    """A session as a row of the table."""
    return {"usage": one, "badge": phase_badge(one.phase), "differences": differences(one)}


def totals(rows: list[Usage]) -> dict[str, int]:
    """All of them together."""
    return {
        "schools": len({one.short_name for one in rows}),
        "sessions": len(rows),
        "assigned": sum(one.assigned or 0 for one in rows),
        "joined": sum(one.joined for one in rows),
        "submitted": sum(one.submitted for one in rows),
        "graded": sum(one.graded for one in rows),
    }


def _school_row(one: SchoolUsage, address: str) -> dict[str, Any]:
    phases = [{**phase_badge(phase), "count": one.phases[phase]} for phase in PHASES if one.phases[phase]]
    return {"school": one, "phases": phases, "address": f"{address}?{urlencode({'organization': one.short_name})}#sessions"}


@staff_page
def usage(request: HttpRequest, *, now: datetime, assessment_uuid: UUID) -> HttpResponse:
    """Usage of one assessment: by school, and session by session."""
    found = queries.assessment_for_author(assessment_uuid=assessment_uuid, user_id=request.user.pk)
    address = reverse("assessprep:assessment_usage", args=[found.uuid])
    filters = Filters.read(request.GET)
    everything = usage_of(found, now)
    rows = [one for one in everything if filters.take(one)]
    schools = by_school(everything)
    asked = {name: request.GET[name] for name in ("organization", "phase", "deviates") if request.GET.get(name)}
    return page(
        request,
        "assessprep_xblock/staff/library_usage.html",
        course_run=found.bank.course_key,
        crumbs=[
            (_("Library"), reverse("assessprep:library")),
            (found.bank.title, reverse("assessprep:bank", args=[found.bank.uuid])),
            (found.title, reverse("assessprep:assessment", args=[found.uuid])),
        ],
        assessment=found,
        totals=totals(everything),
        schools=[_school_row(one, address) for one in _page(schools, request.GET.get("schools"))],
        school_pages=_page(schools, request.GET.get("schools")),
        school_names=[(one.short_name, one.organization) for one in schools],
        sessions=[session_row(one) for one in _page(rows, request.GET.get("page"))],
        session_pages=_page(rows, request.GET.get("page")),
        phases=[(phase, phase_badge(phase)["words"]) for phase in PHASES],
        filters=filters,
        is_filtered=bool(asked),
        asked=urlencode(asked),
        waiting=placements_without_sessions(found),
        files=[
            (kind.upper(), reverse(f"assessprep:assessment_usage_{kind}", args=[found.uuid]) + _query(asked))
            for kind in spreadsheets.KINDS
        ],
    )


def _query(asked: dict[str, str]) -> str:
    return f"?{urlencode(asked)}" if asked else ""


def _page(rows: list[Any], number: str | None) -> Any:
    return Paginator(rows, PAGE_SIZE).get_page(number)


@staff_page
def usage_file(request: HttpRequest, *, now: datetime, assessment_uuid: UUID, kind: str) -> StreamingHttpResponse:
    """The same as a spreadsheet: one row for each session, one column for each setting that any of them decided."""
    found = queries.assessment_for_author(assessment_uuid=assessment_uuid, user_id=request.user.pk)
    table = _table(usage_of(found, now, Filters.read(request.GET)))
    told = spreadsheets.headers(kind, f"{found.title} {now:%Y-%m-%d}")
    return StreamingHttpResponse(spreadsheets.content(kind, [table]), headers=told)


def _table(rows: list[Usage]) -> Table:
    used = {name for one in rows for name in one.changed}
    settings = [one for one in catalogue.CATALOGUE if one.name in used and one.kind != "text"]
    head = [
        *(_("School"), _("Session"), _("Version"), _("State")),
        *(_("Assigned"), _("Joined"), _("Submitted"), _("Graded")),
        *(_(one.label) for one in settings),
    ]
    lines = (
        [
            *(one.organization, one.session, one.version, phase_badge(one.phase)["words"]),
            *(one.assigned, one.joined, one.submitted, one.graded),
            *(in_words(setting, one.changed[setting.name]) if setting.name in one.changed else "" for setting in settings),
        ]
        for one in rows
    )
    return Table(_("Usage"), head, lines)


urlpatterns = [
    path("library/assessments/<uuid:assessment_uuid>/usage/", usage, name="assessment_usage"),
    *(
        path(
            f"library/assessments/<uuid:assessment_uuid>/usage.{kind}",
            usage_file,
            {"kind": kind},
            name=f"assessment_usage_{kind}",
        )
        for kind in spreadsheets.KINDS
    ),
]
