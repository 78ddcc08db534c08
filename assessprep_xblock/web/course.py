"""The Common Assessments tab: what a school may use, and an assessment as a school sees it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.library import catalogue
from ..domain.library import queries as library
from ..domain.library.preview import preview as previewed
from ..domain.library.queries_versions import changes_between
from ..domain.organizations.queries import run_for_member, run_for_staff
from ..domain.sessions import queries, queries_offered
from ..lms import get_lms
from ..lms.base import CourseRun
from .pages import page, staff_page
from .session_shown import course_crumb, course_key_in, listed, placement_setup
from .setting_fields import groups
from .versions import changes_in_words, drift_in_words

STATES = ("active", "scheduled", "ended", "available")
#: A question is copied within seconds; where none was for so long, the copy was interrupted.
STUCK = timedelta(minutes=2)


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
    shown = [
        {**queries.learner_view(one), "minutes": one.settings["duration_s"] // 60, "zone": one.settings["time_zone"]}
        for one in own
    ]
    sections = [
        {"title": title, "sessions": [one for one in shown if one["when"] == when]}
        for when, title in ((queries.NOW, _("Now")), (queries.NEXT, _("Next")), (queries.OVER, _("Over")))
    ]
    return page(
        request,
        "assessprep_xblock/staff/sessions_own.html",
        course_run=run,
        sections=[section for section in sections if section["sessions"]],
        watches=queries.watches(request.user.pk),
    )


def _tab_for_staff(request: HttpRequest, run: CourseRun, now: datetime) -> HttpResponse:
    asked = {name: request.GET.get(name, "")[:100] for name in ("search", "state", "bank", "subject", "grade")}
    offered = queries_offered.offered_to(run, now)
    found = [one for one in queries_offered.matching(offered, asked["search"]) if _fits(one, asked)]
    counts = {name: sum(one.state == name for one in found) for name in STATES}
    words = _state_words()
    shown = [one for one in found if asked["state"] in ("", one.state)] if asked["state"] in STATES else found
    return page(
        request,
        "assessprep_xblock/staff/sessions_course.html",
        course_run=run,
        sections=[
            {"name": name, "words": words[name], "rows": [_offered_row(one, run) for one in shown if one.state == name]}
            for name in STATES
            if any(one.state == name for one in shown)
        ],
        states=[
            {"name": name, "words": words[name], "count": counts[name], "current": name == asked["state"]} for name in STATES
        ],
        total=len(found),
        asked=asked,
        is_filtered=any(asked.values()),
        choices={
            "banks": sorted({(str(one.bank.uuid), one.bank.title) for one in offered}, key=lambda bank: bank[1]),
            "subjects": sorted({one.assessment.subject for one in offered if one.assessment.subject}),
            "grades": sorted({one.assessment.grade for one in offered if one.assessment.grade}),
        },
        own_bank=library.bank_in(run.key),
    )


def _fits(one: queries_offered.Offered, asked: dict[str, str]) -> bool:
    return (
        asked["bank"] in ("", str(one.bank.uuid))
        and asked["subject"] in ("", one.assessment.subject)
        and asked["grade"] in ("", one.assessment.grade)
    )


def _offered_row(one: queries_offered.Offered, run: CourseRun) -> dict[str, Any]:
    return {
        **queries_offered.offered_view(one),
        "n_sessions": sum(session.lifecycle != "archived" for session in one.sessions),
        "address": reverse("assessprep:course_assessment", args=[str(run.key), one.assessment.uuid]),
        "add_session": reverse("assessprep:session_new", args=[str(run.key), one.assessment.uuid]),
    }


@staff_page
def course_assessment(request: HttpRequest, *, now: datetime, course_id: str, assessment_uuid: UUID) -> HttpResponse:
    """An assessment as a school sees it: read only, with its questions, its settings and its sessions in this run."""
    run = run_for_staff(course_key=course_key_in(course_id), user_id=request.user.pk)
    found = library.assessment_for_school(assessment_uuid=assessment_uuid, run=run)
    placements = library.placements_of(found, run.key)
    placement = placements[0] if placements else None
    version = placement.version if placement else found.current_version
    assert version is not None and found.current_version is not None
    sessions = queries_offered.sessions_of_assessment(found, run.key)
    is_embargoed = found.embargo_until is not None and now < found.embargo_until
    has_unit = placement is not None and placement.usage_key is not None
    return page(
        request,
        "assessprep_xblock/staff/assessment_school.html",
        course_run=run,
        crumbs=[course_crumb(run)],
        assessment=found,
        version=version,
        withdrawn=library.is_withdrawn(found.current_version),
        may_start=library.may_start(bank=found.bank, organization=run.organization.short_name, now=now),
        embargo_until=found.embargo_until if is_embargoed else None,
        questions=library.questions_of(version),
        groups=groups(version.settings),
        unit=get_lms().unit_place(placement.usage_key) if has_unit and placement else None,
        studio=get_lms().studio_url(placement.usage_key) if has_unit and placement else "",
        sessions=[listed(session, now) for session in sessions if session.lifecycle != "archived"],
        archived=sum(session.lifecycle == "archived" for session in sessions),
        add_session=reverse("assessprep:session_new", args=[str(run.key), found.uuid]),
        preview=reverse("assessprep:course_preview", args=[str(run.key), found.uuid]),
        versions=library.versions_of(found),
        **_placement(placement, found, now),
        refused=_refused(placement, found, sessions),
        setup={
            **placement_setup(placement),
            **_placement_calls(placement, found, now),
            "placements": reverse("assessprep:api_placements", args=[str(run.key)]),
            "added": reverse("assessprep:api_placement_add", args=[UUID(int=0)]),
            "any_placement": reverse("assessprep:api_placement", args=[UUID(int=0)]),
            "assessment": str(assessment_uuid),
        },
    )


def _placement(placement: Any, found: Any, now: datetime) -> dict[str, Any]:
    """What the page says of where the assessment stands, and of a newer version."""
    if placement is None:
        return {"placement": None, "newer": None}
    newer = found.current_version if found.current_version.number > placement.version.number else None
    return {
        "placement": placement,
        "drift": drift_in_words(placement.drift),
        "is_stuck": _is_stuck(placement, now),
        "newer": newer,
        "in_use": library.has_attempts(placement),
        "changes": changes_in_words(changes_between(placement.version, newer)) if newer else None,
    }


def _is_stuck(placement: Any, now: datetime) -> bool:
    return placement.state == "copying" and (placement.state_since is None or now - placement.state_since > STUCK)


def _refused(placement: Any, found: Any, sessions: Any) -> list[dict[str, Any]]:
    """What the version on offer would take away from sessions of this run."""
    if placement is None:
        return []
    live = [one for one in sessions if one.lifecycle != "archived" and one.placement_id == placement.pk]
    return [
        {"name": session.name, "settings": [_(catalogue.BY_NAME[name].label) for name in names]}
        for session, names in queries_offered.refused_by(found.current_version, live)
    ]


def _placement_calls(placement: Any, found: Any, now: datetime) -> dict[str, Any]:
    if placement is None:
        return {}
    own = [placement.uuid]
    return {
        "check": reverse("assessprep:api_placement_check", args=own),
        "take": reverse("assessprep:api_placement_version", args=own),
        "newest": str(found.current_version.uuid),
        "state": placement.state,
        "is_stuck": _is_stuck(placement, now),
    }


@staff_page
def preview(request: HttpRequest, *, now: datetime, course_id: str, assessment_uuid: UUID) -> HttpResponse:
    """The questions as a student reads them, out of the published version: nothing is started, answered or stored."""
    run = run_for_staff(course_key=course_key_in(course_id), user_id=request.user.pk)
    found = library.assessment_for_school(assessment_uuid=assessment_uuid, run=run)
    placements = library.placements_of(found, run.key)
    version = placements[0].version if placements else found.current_version
    assert version is not None
    is_embargoed = found.embargo_until is not None and now < found.embargo_until
    return page(
        request,
        "assessprep_xblock/staff/assessment_preview.html",
        course_run=run,
        crumbs=[
            course_crumb(run),
            (version.title, reverse("assessprep:course_assessment", args=[str(run.key), found.uuid])),
        ],
        version=version,
        embargo_until=found.embargo_until if is_embargoed else None,
        blocks=[] if is_embargoed else previewed(version),
    )


urlpatterns = [
    path("courses/<str:course_id>/", course, name="course"),
    path("courses/<str:course_id>/assessments/<uuid:assessment_uuid>/", course_assessment, name="course_assessment"),
    path("courses/<str:course_id>/assessments/<uuid:assessment_uuid>/preview/", preview, name="course_preview"),
]
