"""The Common Assessments tab: what a school may use, and an assessment as a school sees it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.library import queries as library
from ..domain.organizations.queries import run_for_member, run_for_staff
from ..domain.sessions import queries, queries_offered
from ..lms import get_lms
from ..lms.base import CourseRun
from .pages import page, staff_page
from .session_shown import course_crumb, course_key_in, listed, placement_setup
from .setting_fields import groups

STATES = ("active", "scheduled", "available", "ended")


def _state_words() -> dict[str, str]:
    return {
        "active": _("Active"),
        "scheduled": _("Scheduled"),
        "available": _("Available"),
        "ended": _("Ended"),
    }


@staff_page
def course(request: HttpRequest, *, now: datetime, course_id: str) -> HttpResponse:
    """The Common Assessments tab: for staff what they may use, for learners their own sessions."""
    run, is_staff = run_for_member(course_key=course_key_in(course_id), user_id=request.user.pk)
    return _tab_for_staff(request, run, now) if is_staff else _tab_for_learner(request, run, now)


def _tab_for_learner(request: HttpRequest, run: CourseRun, now: datetime) -> HttpResponse:
    own = queries.sessions_of_learner(course_key=run.key, learner_id=request.user.pk, now=now)
    shown = [{**queries.learner_view(one), "minutes": one.settings["duration_s"] // 60} for one in own]
    sections = [
        {"title": title, "sessions": [one for one in shown if one["when"] == when]}
        for when, title in ((queries.NOW, _("Now")), (queries.NEXT, _("Next")), (queries.OVER, _("Over")))
    ]
    return page(
        request,
        "assessprep_xblock/staff/sessions_own.html",
        course_run=run,
        sections=[section for section in sections if section["sessions"]],
    )


def _tab_for_staff(request: HttpRequest, run: CourseRun, now: datetime) -> HttpResponse:
    search = request.GET.get("search", "")[:100]
    state = request.GET.get("state", "")
    offered = queries_offered.offered_to(run, now, search=search)
    words = _state_words()
    banks: dict[str, list[dict[str, Any]]] = {}
    for one in offered:
        if state in STATES and one.state != state:
            continue
        shown = {
            **queries_offered.offered_view(one),
            "state_words": words[one.state],
            "n_sessions": sum(session.lifecycle != "archived" for session in one.sessions),
            "address": reverse("assessprep:course_assessment", args=[str(run.key), one.assessment.uuid]),
        }
        banks.setdefault(one.bank.title, []).append(shown)
    own_bank = library.bank_in(run.key)
    return page(
        request,
        "assessprep_xblock/staff/sessions_course.html",
        course_run=run,
        banks=list(banks.items()),
        states=[
            {
                "name": name,
                "words": words[name],
                "count": sum(one.state == name for one in offered),
                "current": name == state,
            }
            for name in STATES
        ],
        total=len(offered),
        search=search,
        state=state if state in STATES else "",
        own_bank=own_bank,
    )


@staff_page
def course_assessment(request: HttpRequest, *, now: datetime, course_id: str, assessment_uuid: UUID) -> HttpResponse:
    """An assessment as a school sees it: read only, with its sessions in this run."""
    run = run_for_staff(course_key=course_key_in(course_id), user_id=request.user.pk)
    found = library.assessment_for_school(assessment_uuid=assessment_uuid, run=run)
    placements = library.placements_of(found, run.key)
    placement = placements[0] if placements else None
    version = placement.version if placement else found.current_version
    assert version is not None and found.current_version is not None
    sessions = queries_offered.sessions_of_assessment(found, run.key)
    return page(
        request,
        "assessprep_xblock/staff/assessment_school.html",
        course_run=run,
        crumbs=[course_crumb(run)],
        assessment=found,
        version=version,
        newer=found.current_version if found.current_version.number > version.number else None,
        withdrawn=library.is_withdrawn(found.current_version),
        questions=library.questions_of(version),
        groups=groups(version.settings),
        placement=placement,
        unit=get_lms().unit_place(placement.usage_key) if placement and placement.usage_key else None,
        sessions=[listed(session, now) for session in sessions if session.lifecycle != "archived"],
        archived=sum(session.lifecycle == "archived" for session in sessions),
        add_session=reverse("assessprep:session_new", args=[str(run.key), found.uuid]),
        setup={
            **placement_setup(placement),
            "placements": reverse("assessprep:api_placements", args=[str(run.key)]),
            "added": reverse("assessprep:api_placement_add", args=[UUID(int=0)]),
            "assessment": str(assessment_uuid),
        },
    )


urlpatterns = [
    path("courses/<str:course_id>/", course, name="course"),
    path("courses/<str:course_id>/assessments/<uuid:assessment_uuid>/", course_assessment, name="course_assessment"),
]
