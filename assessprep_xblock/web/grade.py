"""The Grade view of one session: who has which score, and the release of results."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..domain.grading import queries, queries_regrading, queries_release, queries_twice, rules
from ..domain.library.setting import N
from ..domain.sessions.queries import session_for_staff
from .pages import page, session_crumbs, session_tabs, staff_page

#: Status -> (badge, shape): a word and a shape say it, the colour only helps.
STATUS_LOOKS = {
    "unattempted": ("", "○"),
    "working": ("accent", "▶"),
    "ungraded": ("warn", "◔"),
    "partly": ("warn", "◑"),
    "scored": ("good", "✓"),
}
#: What is missing of answers that two people mark -> (words, shape).
MARKING_LOOKS = {"second": (N("Needs a second mark"), "◑"), "conflict": (N("Conflict"), "≠")}
SHOWS = {
    "score": N("the points, in all and for each question"),
    "correctness": N("the questions again, with what was right and wrong"),
    "answers": N("the right answers"),
}
COLUMNS = (("name", gettext_lazy("Name")), ("submitted", gettext_lazy("Handed in")), ("score", gettext_lazy("Score")))


@staff_page
def grade(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """The submissions of a session with their scores: filters in the address, so that a view can be kept and sent."""
    session = session_for_staff(session_uuid=session_uuid, user_id=request.user.pk)
    filters = queries.Filters.read(request.GET)
    found = queries.grades(session, filters)
    shown = Paginator(found.found, queries.PAGE_SIZE).get_page(request.GET.get("page"))
    asked = _asked(filters)
    address = reverse("assessprep:grade", args=[session.uuid])
    scored = sum(found.bands.values())
    others = queries.sessions_to_grade(course_key=session.course_key, placement_id=session.placement_id)
    return page(
        request,
        "assessprep_xblock/staff/grade.html",
        course_run=session.course_key,
        crumbs=session_crumbs(session.course_key),
        tabs=session_tabs(session.uuid, current="grade", is_staff=True),
        session=session,
        assessment=session.placement.version.title,
        found=found,
        rows=[row_of(one) for one in shown.object_list],
        shown=shown,
        total=len(found.found),
        filters=filters,
        progress=queries_twice.progress(session),
        conflicts=reverse("assessprep:conflicts", args=[session.uuid]),
        marking=[
            {
                "label": _(label),
                "shape": shape,
                "count": found.marking[name],
                "current": filters.marking == name,
                "address": _address(address, asked, marking=name),
            }
            for name, (label, shape) in MARKING_LOOKS.items()
        ],
        filtered=bool(filters.status or filters.marking or filters.band or filters.class_id is not None or filters.search),
        statuses=[
            {
                "name": status,
                "label": _(label),
                "count": found.statuses[status],
                "look": STATUS_LOOKS[status],
                "current": filters.status == status,
                "address": _address(address, asked, status=status),
            }
            for status, label in rules.STATUSES.items()
        ],
        bands=[
            {
                "band": band,
                "label": _(band.label),
                "words": _(band.words),
                "count": found.bands[band.name],
                "share": round(100 * found.bands[band.name] / scored) if scored else 0,
                "current": filters.band == band.name,
                "address": _address(address, asked, band=band.name),
            }
            for band in rules.BANDS
        ],
        scored=scored,
        everybody=_address(address, asked, status="", band="", marking=""),
        columns=[_column(name, title, filters, address, asked) for name, title in COLUMNS],
        sessions=[
            {"address": reverse("assessprep:grade", args=[uuid]), "name": name, "current": uuid == session.uuid}
            for uuid, name in others
        ],
        files=[
            (kind.upper(), _address(reverse(f"assessprep:api_grades_{kind}", args=[session.uuid]), asked))
            for kind in ("csv", "xlsx")
        ],
        kept=urlencode(asked),
        setup=_setup(session, found),
        before=_before(session, found, now),
        onward=reverse("assessprep:grade_next", args=[session.uuid]) if found.to_mark else "",
        by_question=reverse("assessprep:grade_questions", args=[session.uuid]),
        nothing_left="done" in request.GET,
        **_correction(session),
    )


def page_below(request: HttpRequest, template: str, session: Any, **context: Any) -> HttpResponse:
    """A page below a session's list of submissions, with the way back there."""
    back = reverse("assessprep:grade", args=[session.uuid])
    crumbs = [*session_crumbs(session.course_key), (session.name, back)]
    return page(request, template, course_run=session.course_key, crumbs=crumbs, session=session, **context)


def _before(session: Any, found: queries.Grades, now: datetime) -> dict[str, Any] | None:
    """What staff are told before they release; None where nothing waits for it."""
    if not found.unreleased:
        return None
    before = queries_release.before_release(session, now)
    phases = {"open": _("open now"), "closing": _("open now"), "scheduled": _("still to come")}
    return {
        "before": before,
        "shows": [_(SHOWS[name]) for name in before.shows],
        "leaks": [{"leak": leak, "phase": phases.get(leak.phase, leak.phase)} for leak in before.leaks],
    }


def _correction(session: Any) -> dict[str, Any]:
    """By which version the placement is marked, and by which it could be. One query where its version is the newest."""
    placement = session.placement
    offered = queries_regrading.offered(placement)
    return {
        "corrected_by": placement.correction.version.number if placement.correction is not None else None,
        "corrects": offered.number if offered is not None else None,
    }


def _asked(filters: queries.Filters) -> dict[str, str]:
    given = {
        "status": filters.status,
        "band": filters.band,
        "marking": filters.marking,
        "class": "" if filters.class_id is None else str(filters.class_id),
        "search": filters.search,
        "sort": "" if filters.sort == "name" else filters.sort,
    }
    return {name: value for name, value in given.items() if value}


def _address(base: str, asked: dict[str, str], **changes: Any) -> str:
    """The page's address with these filters changed; a filter that is already on is taken off."""
    query = dict(asked)
    for name, value in changes.items():
        if value == "" or query.get(name) == value:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"{base}?{urlencode(query)}" if query else base


def _column(name: str, title: str, filters: queries.Filters, address: str, asked: dict[str, str]) -> dict[str, Any]:
    ascending, descending = filters.sort == name, filters.sort == f"-{name}"
    following = f"-{name}" if ascending else name
    return {
        "title": title,
        "address": _address(address, {key: value for key, value in asked.items() if key != "sort"}, sort=following),
        "sorted": "ascending" if ascending else "descending" if descending else "none",
        "arrow": "▲" if ascending else "▼" if descending else "",
    }


def row_of(one: queries.Submission) -> dict[str, Any]:
    """A row of the list in words and shapes."""
    look, shape = STATUS_LOOKS[one.status]
    label = _("Grade pending") if one.pending else _(rules.STATUSES[one.status])
    return {
        "one": one,
        "address": reverse("assessprep:submission", args=[one.attempt]) if one.attempt else "",
        "look": look,
        "shape": shape,
        "label": label,
        "earned": rules.points(one.earned) if one.earned is not None else "",
        "possible": rules.points(one.possible) if one.possible is not None else "",
        "waits": bool(one.attempt) and one.attempt_status == "submitted" and not one.voided and not one.released,
        "percent": "" if one.percent is None else f"{one.percent:.0f}",
        "band": one.band,
        "band_label": _(one.band.label) if one.band else "",
        "band_words": _(one.band.words) if one.band else "",
    }


def _setup(session: Any, found: queries.Grades) -> dict[str, Any]:
    """What the page's script needs: addresses and sentences."""
    question = ngettext(
        "Release the results of %(n)d submission in “%(session)s”? The student sees them at once, and points go to the "
        "gradebook. This cannot be taken back.",
        "Release the results of %(n)d submissions in “%(session)s”? The students see them at once, and points go to the "
        "gradebook. This cannot be taken back.",
        found.unreleased,
    )
    return {
        "release": reverse("assessprep:api_release", args=[session.uuid]),
        "settle": reverse("assessprep:api_session_settle", args=[session.uuid]),
        "reveal": reverse("assessprep:api_reveal_names", args=[session.uuid]) if found.hidden else "",
        "unreleased": found.unreleased,
        "working": found.statuses["working"],
        "due": bool(found.unreleased) and found.release == "on_date",
        "words": {
            "question": question % {"n": found.unreleased, "session": session.name},
            "chosen": _("Release the results of the {n} chosen? They see them at once. This cannot be taken back."),
            "released": _("Released. The page is loaded again."),
            "revealed": _("Names are shown from now on. The page is loaded again."),
        },
    }


urlpatterns = [
    path("sessions/<uuid:session_uuid>/grade/", grade, name="grade"),
]
