"""Corrected marking: what a later version would change in a session's placement, and for its author in every school."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.grading import queries_regrading, rules
from ..domain.shared.refusals import Refusal
from ..domain.shared.sentences import sentence
from .grade import page_below
from .pages import page, staff_page


def _number(given: str) -> int | None:
    """A version's number in an address; None where none was asked for."""
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 8):
        raise Refusal("not_found")
    return int(given)


@staff_page
def regrading(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """What a correction changes, with names, before and after it is applied. Course staff of the run only."""
    asked = {"version": _number(request.GET.get("version", "")), "dropped": request.GET.get("dropped", "")}
    number = request.GET.get("page", "")
    number = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1
    found = queries_regrading.regrading(
        session_uuid=session_uuid, user_id=request.user.pk, page=max(1, number), now=now, **asked
    )
    done = found.found is not None and found.found.state == "done"
    pages = Paginator(range(found.changing), queries_regrading.PAGE_SIZE).get_page(number)
    return page_below(
        request,
        "assessprep_xblock/staff/regrading.html",
        found.session,
        found=found,
        why_not=sentence(found.why_not) if found.why_not else "",
        done=done,
        numbers=_numbers(found.found.numbers["staff"]) if found.found is not None and done else None,
        rows=[_row(one) for one in found.rows] if done else [],
        pages=pages,
        kept=urlencode({"version": found.chosen.number, "dropped": found.policy}) if found.chosen else "",
        is_applied=found.in_force is not None and found.found is not None and found.in_force.pk == found.found.pk,
        setup=_setup(found, session_uuid),
    )


def _setup(found: queries_regrading.Regrading, session_uuid: UUID) -> dict[str, Any]:
    """What the page's script needs: addresses, what was asked, and sentences."""
    chosen = found.chosen
    return {
        "preview": reverse("assessprep:api_regrade_preview", args=[session_uuid]),
        "apply": reverse("assessprep:api_regrade", args=[session_uuid]),
        "undo": reverse("assessprep:api_regrade_undo", args=[session_uuid]),
        "asked": {"version": chosen.number if chosen else None, "dropped": found.policy},
        "correction": str(found.found.uuid) if found.found is not None else "",
        "in_force": str(found.in_force.uuid) if found.in_force is not None else "",
        "state": found.found.state if found.found is not None else "missing",
        "behind": found.behind,
        "words": _words(),
    }


def _words() -> dict[str, str]:
    return {
        "waiting": _("Waiting for its turn"),
        "progress": _("{done} of {total} submissions read"),
        "failed": _("It could not be worked out. Try again; if it fails again, tell your operator."),
        "behind": _("{n} submissions are still to be marked"),
        "applied": _("The corrected marking is applied."),
        "undone": _("The corrected marking is taken back."),
    }


def _numbers(told: dict[str, Any]) -> dict[str, Any]:
    return {
        **told,
        "bands": [
            {
                "band": band,
                "label": _(band.label),
                "words": _(band.words),
                "before": told["bands_before"][band.name],
                "after": told["bands_after"][band.name],
            }
            for band in rules.BANDS
        ],
    }


def _row(one: queries_regrading.Row) -> dict[str, Any]:
    change = one.change
    before, after = change.bands
    return {
        "one": one,
        "address": reverse("assessprep:submission", args=[one.attempt]),
        "before": _points(change.before, change.most_before),
        "after": _points(change.after, change.most_after),
        "band_before": _(before.label) if before else "–",
        "band_after": _(after.label) if after else "–",
        "crossed": change.crosses,
        "better": change.turn > 0,
        "worse": change.turn < 0,
    }


def _points(earned: float | None, most: float) -> str:
    return "–" if earned is None else f"{rules.points(earned)} / {rules.points(most)}"


@staff_page
def impact(request: HttpRequest, *, now: datetime, assessment_uuid: UUID) -> HttpResponse:
    """What a version would change in each school that sat an earlier one; numbers only, for the author."""
    found = queries_regrading.impact_for_author(
        assessment_uuid=assessment_uuid,
        version=_number(request.GET.get("version", "")),
        dropped=request.GET.get("dropped", ""),
        user_id=request.user.pk,
    )
    assessment = found.assessment
    return page(
        request,
        "assessprep_xblock/staff/impact.html",
        course_run=assessment.bank.course_key,
        crumbs=[
            (_("Library"), reverse("assessprep:library")),
            (assessment.bank.title, reverse("assessprep:bank", args=[assessment.bank.uuid])),
            (assessment.title, reverse("assessprep:assessment", args=[assessment.uuid])),
        ],
        assessment=assessment,
        found=found,
        setup={
            "impact": reverse("assessprep:api_impact", args=[assessment.uuid]),
            "asked": {"version": found.version.number if found.version else None, "dropped": found.policy},
            "working": found.working,
            "words": {**_words(), "schools": _("{n} places are still being looked at")},
        },
    )


urlpatterns = [
    path("sessions/<uuid:session_uuid>/grade/correction/", regrading, name="regrading"),
    path("library/assessments/<uuid:assessment_uuid>/impact/", impact, name="impact"),
]
