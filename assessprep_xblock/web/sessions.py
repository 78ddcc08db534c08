"""The Common Assessments tab and everything of a session that is not its Monitor or its Grade view."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from ..domain.library import queries as library
from ..domain.organizations.queries import classes, named_learners, run_for_member, run_for_staff
from ..domain.sessions import actions, queries, rosters
from ..domain.sessions.lint import lint
from ..domain.shared.refusals import Refusal
from ..lms import get_lms
from ..lms.base import CourseRun
from .library import phase_badge
from .pages import page, session_tabs, staff_page
from .setting_fields import groups

STATES = ("active", "scheduled", "available", "ended")


def _state_words() -> dict[str, str]:
    return {
        "active": _("Active"),
        "scheduled": _("Scheduled"),
        "available": _("Available"),
        "ended": _("Ended"),
    }


def _course_key(course_id: str) -> CourseKey:
    try:
        return CourseKey.from_string(course_id)
    except InvalidKeyError:
        raise Refusal("not_found") from None


def _crumb(run: CourseRun) -> tuple[str, str]:
    return (_("Common Assessments"), reverse("assessprep:course", args=[str(run.key)]))


# -- the tab ----------------------------------------------------------------------------------------------------------


@staff_page
def course(request: HttpRequest, *, now: datetime, course_id: str) -> HttpResponse:
    """The Common Assessments tab: for staff what they may use, for learners their own sessions."""
    run, is_staff = run_for_member(course_key=_course_key(course_id), user_id=request.user.pk)
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
    offered = queries.offered_to(run, now, search=search)
    words = _state_words()
    banks: dict[str, list[dict[str, Any]]] = {}
    for one in offered:
        if state in STATES and one.state != state:
            continue
        shown = {
            **queries.offered_view(one),
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
    run = run_for_staff(course_key=_course_key(course_id), user_id=request.user.pk)
    found = library.assessment_for_school(assessment_uuid=assessment_uuid, run=run)
    placements = library.placements_of(found, run.key)
    placement = placements[0] if placements else None
    version = placement.version if placement else found.current_version
    assert version is not None and found.current_version is not None
    sessions = queries.sessions_of_assessment(found, run.key)
    return page(
        request,
        "assessprep_xblock/staff/assessment_school.html",
        course_run=run,
        crumbs=[_crumb(run)],
        assessment=found,
        version=version,
        newer=found.current_version if found.current_version.number > version.number else None,
        withdrawn=library.is_withdrawn(found.current_version),
        questions=library.questions_of(version),
        groups=groups(version.settings),
        placement=placement,
        unit=get_lms().unit_place(placement.usage_key) if placement and placement.usage_key else None,
        sessions=[_listed(session, now) for session in sessions if session.lifecycle != "archived"],
        archived=sum(session.lifecycle == "archived" for session in sessions),
        add_session=reverse("assessprep:session_new", args=[str(run.key), found.uuid]),
        setup={
            **_placement_setup(placement),
            "placements": reverse("assessprep:api_placements", args=[str(run.key)]),
            "added": reverse("assessprep:api_placement_add", args=[UUID(int=0)]),
            "assessment": str(assessment_uuid),
        },
    )


def _placement_setup(placement: Any) -> dict[str, Any]:
    return {
        "add": reverse("assessprep:api_placement_add", args=[placement.uuid]) if placement else "",
        "words": {"added": _("The assessment is in the course."), "working": _("Adding to the course …")},
    }


def _listed(session: Any, now: datetime) -> dict[str, Any]:
    shown = queries.staff_view(session, now)
    counts = shown["counts"]
    return {
        **shown,
        "badge": phase_badge(shown["phase"]),
        "joined": sum(counts.values()),
        "address": reverse("assessprep:session", args=[session.uuid]),
    }


@staff_page
def sessions_list(request: HttpRequest, *, now: datetime, course_id: str) -> HttpResponse:
    """Every session of a run, newest first; archived ones on a page of their own."""
    run = run_for_staff(course_key=_course_key(course_id), user_id=request.user.pk)
    archived = request.GET.get("archived") == "true"
    rows = list(queries.sessions_of_run(run.key, archived=archived)[:500])
    return page(
        request,
        "assessprep_xblock/staff/sessions.html",
        course_run=run,
        crumbs=[_crumb(run)],
        archived=archived,
        sessions=[_listed(session, now) for session in rows],
    )


# -- one session ------------------------------------------------------------------------------------------------------


def _roster_choices(run: CourseRun, roster: dict[str, Any]) -> dict[str, Any]:
    named = {
        one.user_id: one for one in named_learners(course_key=run.key, user_ids=[*roster["students"], *roster["excluded"]])
    }
    return {
        "everyone": roster["everyone"],
        "classes": [
            {"id": one.id, "name": one.name, "chosen": one.id in roster["classes"]} for one in classes(course_key=run.key)
        ],
        "students": [_person(named[one]) for one in roster["students"] if one in named],
        "excluded": [_person(named[one]) for one in roster["excluded"] if one in named],
    }


def _person(person: Any) -> dict[str, Any]:
    return {"id": person.user_id, "name": person.full_name, "username": person.username}


def _form_words() -> dict[str, str]:
    return {
        "zone": _("Times are in your time zone: {zone}"),
        "nobody": _("Nobody found."),
        "more": _("Type at least two letters."),
        "add": _("Add"),
        "leave_out": _("Leave out"),
        "remove": _("Remove"),
        "stale": _("Open the page again in another tab to see what changed."),
        "not_a_date": _("This date and time is not complete."),
        "not_a_number": _("This has to be a number."),
    }


@staff_page
def session_new(request: HttpRequest, *, now: datetime, course_id: str, assessment_uuid: UUID) -> HttpResponse:
    """Add Session."""
    run = run_for_staff(course_key=_course_key(course_id), user_id=request.user.pk)
    found = library.assessment_for_school(assessment_uuid=assessment_uuid, run=run)
    placements = library.placements_of(found, run.key)
    version = placements[0].version if placements else found.current_version
    assert version is not None
    if not placements:
        library.check_not_withdrawn(version)
    back = reverse("assessprep:course_assessment", args=[str(run.key), found.uuid])
    roster = {"everyone": False, "classes": [], "students": [], "excluded": []}
    return page(
        request,
        "assessprep_xblock/staff/session_form.html",
        course_run=run,
        crumbs=[_crumb(run), (version.title, back)],
        name="",
        title=version.title,
        groups=groups(version.settings),
        roster=_roster_choices(run, roster),
        back=back,
        session=None,
        setup={
            "placements": reverse("assessprep:api_placements", args=[str(run.key)]),
            "assessment": str(found.uuid),
            "save": reverse("assessprep:api_course_sessions", args=[str(run.key)]),
            "session": reverse("assessprep:session", args=[UUID(int=0)]),
            "learners": reverse("assessprep:api_learners", args=[str(run.key)]),
            "request_id": str(uuid4()),
            "words": _form_words(),
        },
    )


@staff_page
def session_edit(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """Edit a session's settings and its students."""
    found = queries.session_for_staff(session_uuid=session_uuid, user_id=request.user.pk)
    if found.lifecycle == "archived":
        raise Refusal("archived")
    run = run_for_staff(course_key=found.course_key, user_id=request.user.pk)
    fixed = actions.FIXED_ONCE_JOINED if queries.has_attempts(found) else ()
    back = reverse("assessprep:session", args=[found.uuid])
    return page(
        request,
        "assessprep_xblock/staff/session_form.html",
        course_run=run,
        crumbs=[_crumb(run), (found.name, back)],
        name=found.name,
        title=found.placement.version.title,
        groups=groups(found.placement.version.settings, found.overrides, fixed=fixed),
        roster=_roster_choices(run, found.roster),
        back=back,
        session=found,
        setup={
            "save": reverse("assessprep:api_session", args=[found.uuid]),
            "version": found.version_no,
            "session": back,
            "learners": reverse("assessprep:api_learners", args=[str(run.key)]),
            "words": _form_words(),
        },
    )


@staff_page
def session(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """One session: its code, what stands in its way, and everything one can do with it."""
    found = queries.session_for_staff(session_uuid=session_uuid, user_id=request.user.pk)
    run = run_for_staff(course_key=found.course_key, user_id=request.user.pk)
    placement, version = found.placement, found.placement.version
    unit = get_lms().unit_place(placement.usage_key) if placement.usage_key else None
    return page(
        request,
        "assessprep_xblock/staff/session.html",
        course_run=run,
        crumbs=[
            _crumb(run),
            (version.title, reverse("assessprep:course_assessment", args=[str(run.key), version.assessment.uuid])),
        ],
        tabs=session_tabs(found.uuid, current="session", is_staff=True),
        session=found,
        shown=_listed(found, now),
        settings=queries.settings_of(found),
        minutes=queries.settings_of(found)["duration_s"] / 60,
        groups=groups(version.settings, found.overrides),
        problems=[] if found.lifecycle == "archived" else lint(found, now),
        assigned=len(rosters.assigned(found)),
        roster=_roster_choices(run, found.roster),
        unit=unit,
        studio=get_lms().studio_url(placement.usage_key) if placement.usage_key else "",
        has_attempts=queries.has_attempts(found),
        working=found.n_in_progress,
        invigilators=queries.invigilators_of(found),
        monitor=request.build_absolute_uri(reverse("assessprep:monitor", args=[found.uuid])),
        setup=_session_setup(found),
    )


def _session_setup(found: Any) -> dict[str, Any]:
    own = [found.uuid]
    calls = ("publish", "unpublish", "archive", "unarchive", "rotate_code", "duplicate")
    return {
        **{call: reverse(f"assessprep:api_session_{call}", args=own) for call in calls},
        "delete": reverse("assessprep:api_session", args=own),
        "invigilators": reverse("assessprep:api_invigilators", args=own),
        "invigilator": reverse("assessprep:api_invigilator", args=[found.uuid, 0]),
        "session": reverse("assessprep:session", args=[UUID(int=0)]),
        "sessions": reverse("assessprep:sessions", args=[str(found.course_key)]),
        "request_id": str(uuid4()),
        "code": found.live_code,
        **_placement_setup(found.placement),
        "words": {
            **_placement_setup(found.placement)["words"],
            "copied": _("The code is copied."),
            "not_copied": _("The code could not be copied. Select it and copy it."),
        },
    }


urlpatterns = [
    path("courses/<str:course_id>/", course, name="course"),
    path("courses/<str:course_id>/sessions/", sessions_list, name="sessions"),
    path("courses/<str:course_id>/assessments/<uuid:assessment_uuid>/", course_assessment, name="course_assessment"),
    path("courses/<str:course_id>/assessments/<uuid:assessment_uuid>/add-session/", session_new, name="session_new"),
    path("sessions/<uuid:session_uuid>/", session, name="session"),
    path("sessions/<uuid:session_uuid>/edit/", session_edit, name="session_edit"),
]
