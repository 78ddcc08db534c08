"""The Analyse view: what a test tells of its students, and what the students' answers tell of the test."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from ..domain.analysis import exports, queries
from ..domain.analysis.scopes import AUTHOR, SCHOOL, Asked, Scope, scope_of, session_asked
from .analyse_words import band_rows, comparisons, dif_rows, facts, question_rows, score_rows, standard_rows, table_name
from .pages import page, session_crumbs, session_tabs, staff_page


@staff_page
def analyse(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """One session. Course staff of its run only."""
    assessment, course_key = session_asked(session_uuid=session_uuid, user_id=request.user.pk)
    asked = Asked(session=session_uuid, view=SCHOOL)
    scope = scope_of(assessment_uuid=assessment, user_id=request.user.pk, asked=asked)
    session = scope.sessions[0]
    return _page(
        request,
        scope,
        now,
        course_run=course_key,
        crumbs=session_crumbs(course_key),
        tabs=session_tabs(session_uuid, current="analyse", is_staff=True),
        heading=session.name,
        address=reverse("assessprep:analyse", args=[session_uuid]),
    )


@staff_page
def assessment_analyse(request: HttpRequest, *, now: datetime, assessment_uuid: UUID) -> HttpResponse:
    """An assessment: a school's sessions together, or for its author all schools in fixed groups."""
    scope = scope_of(assessment_uuid=assessment_uuid, user_id=request.user.pk, asked=Asked.read(request.GET))
    found = scope.assessment
    if scope.view == AUTHOR:
        course_run, crumbs = (
            found.bank.course_key,
            [
                (_("Library"), reverse("assessprep:library")),
                (found.bank.title, reverse("assessprep:bank", args=[found.bank.uuid])),
                (found.title, reverse("assessprep:assessment", args=[found.uuid])),
            ],
        )
    else:
        course_run = scope.choices[0].course_key
        crumbs = session_crumbs(course_run)
    return _page(
        request,
        scope,
        now,
        course_run=course_run,
        crumbs=crumbs,
        heading=found.title,
        address=reverse("assessprep:assessment_analyse", args=[found.uuid]),
    )


def _page(request: HttpRequest, scope: Scope, now: datetime, *, address: str, **frame: Any) -> HttpResponse:
    made = queries.analysis(scope, now=now)
    ready = made["state"] == "ready"
    query = {**scope.asked.query(), "view": scope.view}
    own = [scope.assessment.uuid]
    asked = f"?{urlencode(query)}"
    return page(
        request,
        "assessprep_xblock/staff/analyse.html",
        scope=scope,
        found=scope.assessment,
        author=scope.is_author,
        one_school=bool(scope.asked.organization),
        made=made,
        as_of=parse_datetime(made["as_of"]) if ready and made["as_of"] else None,
        ready=ready and made["students"] > 0,
        choices=queries.choices(scope),
        single=bool(scope.asked.session),
        views=_views(scope),
        tables=[
            (table_name(name), f"{reverse('assessprep:api_analysis_csv', args=own)}{asked}&table={name}")
            for name in exports.TABLES
            if ready and (name != "dif" or made["dif"]) and (name != "standards" or made["standards"])
        ],
        workbook=f"{reverse('assessprep:api_analysis_xlsx', args=own)}{asked}",
        shown=_shown(made) if ready else None,
        setup={
            "state": made["state"],
            "stale": made.get("stale", False),
            "prepared": made["prepared"],
            "analysis": reverse("assessprep:api_analysis", args=own) + asked,
            "prepare": reverse("assessprep:api_analysis_prepare", args=own) + asked,
            "charts": _charts(made) if ready else {},
            "words": _words(),
        },
        address=address,
        **frame,
    )


def _shown(made: dict[str, Any]) -> dict[str, Any]:
    return {
        "facts": facts(made),
        "scores": score_rows(made),
        "bands": band_rows(made),
        "questions": question_rows(made),
        "comparisons": comparisons(made),
        "standards": standard_rows(made),
        "dif": dif_rows(made),
        "check": [one["number"] for one in made["questions"] if one["check"]],
    }


def _views(scope: Scope) -> list[dict[str, Any]]:
    """Whoever writes the test and teaches it too may look at it both ways."""
    if not (scope.may_author and scope.may_school) or scope.asked.session:
        return []
    address = reverse("assessprep:assessment_analyse", args=[scope.assessment.uuid])
    words = ((AUTHOR, _("All schools")), (SCHOOL, _("My own sessions")))
    return [{"title": title, "address": f"{address}?view={name}", "current": scope.view == name} for name, title in words]


def _charts(made: dict[str, Any]) -> dict[str, Any]:
    """What the charts draw: the very numbers of the tables beside them."""
    counts = made["distribution"] or made["bands"]
    return {
        # Isolated from left to right: on a page of the other direction "10–20" would be drawn as "20–10".
        "scores": [[f"\u2066{one['least']}–{one['most']}\u2069", one["count"]] for one in counts],
        "questions": [
            {
                "number": one["number"],
                "title": one["title"],
                "facility": [one["facility"][name] for name in ("value", "low", "high")],
                "rest": one["rest"]["value"],
                "check": bool(one["check"]),
            }
            for one in made["questions"]
        ],
        "comparisons": [
            [[one["name"], *(one["mean"][name] for name in ("value", "low", "high"))] for one in comparison["groups"]]
            for comparison in made["comparisons"]
        ],
        "standards": [[one["name"], *(one["mean"][name] for name in ("value", "low", "high"))] for one in made["standards"]],
    }


def _words() -> dict[str, str]:
    return {
        "students": _("Students"),
        "score": _("Score in percent"),
        "facility": _("Facility in percent"),
        "rest": _("Discrimination (item-rest)"),
        "sure": _("Interval (95 %)"),
        "question": _("Question {number}"),
        "check": _("Check the key"),
        "progress": _("{done} of {total} submissions read"),
        "waiting": _("Waiting for its turn"),
        "failed": _("The report could not be made. Try again; if it fails again, tell your operator."),
        "ready": _("A newer report is ready."),
        "show": _("Show the newer report"),
    }


urlpatterns = [
    path("sessions/<uuid:session_uuid>/analyse/", analyse, name="analyse"),
    path("assessments/<uuid:assessment_uuid>/analyse/", assessment_analyse, name="assessment_analyse"),
]
