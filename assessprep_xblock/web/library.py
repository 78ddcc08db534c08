"""The Library: where an author keeps banks and assessments, sets their defaults, publishes them and sees who uses them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey

from ..domain.library import queries, views
from ..domain.library.actions_publishing import problems_of
from ..domain.library.queries_publishing import checked
from ..domain.organizations.queries import organizations, run_for_staff
from ..domain.sessions.queries_usage import usage_in_short
from ..domain.shared.refusals import Refusal
from ..domain.shared.sentences import sentence
from ..lms import get_lms
from .pages import page, staff_page
from .setting_fields import groups, typing_words

PHASES = {
    "scheduled": ("○", ""),
    "open": ("●", "ap-badge-good"),
    "closing": ("◐", "ap-badge-warn"),
    "closed": ("■", ""),
    "archived": ("▣", ""),
    "draft": ("✎", "ap-badge-accent"),
}


def phase_badge(phase: str) -> dict[str, str]:
    """A phase as a badge: a word, a shape and a colour."""
    words = {
        "scheduled": _("Scheduled"),
        "open": _("Open"),
        "closing": _("Closing"),
        "closed": _("Closed"),
        "archived": _("Archived"),
        "draft": _("Draft"),
    }
    shape, look = PHASES[phase]
    return {"name": phase, "words": words[phase], "shape": shape, "look": look}


@staff_page
def library(request: HttpRequest, *, now: Any) -> HttpResponse:
    """The banks you write in, and the runs of yours that could be one."""
    banks, runs = queries.banks_of_author(request.user.pk)
    if not banks and not runs:
        raise Refusal("forbidden")
    return page(
        request,
        "assessprep_xblock/staff/library.html",
        banks=banks,
        runs=runs,
        organizations=organizations(),
        setup={"banks": reverse("assessprep:api_banks"), "words": _words()},
    )


def _words() -> dict[str, str]:
    return {"saved": _("Saved."), **typing_words()}


@staff_page
def library_add(request: HttpRequest, *, now: Any) -> HttpResponse:
    """Where the block in Studio leads: one button that makes this block an assessment, or the way to the one it is."""
    try:
        usage_key = UsageKey.from_string(request.GET.get("block", ""))
    except InvalidKeyError:
        raise Refusal("not_found") from None
    if not isinstance(usage_key.context_key, CourseKey):
        raise Refusal("not_found")
    run = run_for_staff(course_key=usage_key.course_key, user_id=request.user.pk)
    if usage_key.block_type != "assessprep":
        raise Refusal("not_found")
    bank = queries.bank_in(run.key)
    assessment = queries.assessment_at(usage_key)
    return page(
        request,
        "assessprep_xblock/staff/library_add.html",
        course_run=run,
        crumbs=[(_("Library"), reverse("assessprep:library"))],
        bank=bank,
        assessment=assessment,
        is_placed=queries.placement_at(usage_key) is not None,
        organizations=organizations(),
        setup={
            "banks": reverse("assessprep:api_banks"),
            "add": reverse("assessprep:api_bank_assessments", args=[bank.uuid]) if bank else "",
            "usage_key": str(usage_key),
            "assessment": reverse("assessprep:assessment", args=[UUID(int=0)]),
            "words": _words(),
        },
    )


@staff_page
def bank(request: HttpRequest, *, now: Any, bank_uuid: UUID) -> HttpResponse:
    """A bank: its assessments, and whom it is shared with."""
    found = queries.bank_for_author(bank_uuid=bank_uuid, user_id=request.user.pk)
    asked = {name: request.GET.get(name, "")[:100] for name in ("search", "subject", "grade", "state")}
    everything = queries.assessments_of(found)
    known = {one.organization: one for one in found.availabilities.all()}
    return page(
        request,
        "assessprep_xblock/staff/library_bank.html",
        course_run=found.course_key,
        crumbs=[(_("Library"), reverse("assessprep:library"))],
        bank=found,
        is_offered=queries.is_offered(found),
        shares=[share.organization for share in found.shares.all()],
        assessments=[
            {"row": row, "withdrawn": row.current_version is not None and queries.is_withdrawn(row.current_version)}
            for row in queries.search_assessments(everything, **asked)
        ],
        any_assessment=everything.exists(),
        asked=asked,
        is_filtered=any(asked.values()),
        choices=queries.described(everything),
        organizations=organizations(),
        availability=[
            {"organization": one, "row": known[one.short_name]} for one in organizations() if one.short_name in known
        ],
        setup={
            "bank": reverse("assessprep:api_bank", args=[found.uuid]),
            "availability": reverse("assessprep:api_bank_availability", args=[found.uuid]),
            "words": _words(),
        },
    )


@staff_page
def assessment(request: HttpRequest, *, now: Any, assessment_uuid: UUID) -> HttpResponse:
    """An assessment as its author sees it: questions, defaults and locks, publish, versions, usage."""
    found = queries.assessment_for_author(assessment_uuid=assessment_uuid, user_id=request.user.pk)
    versions = queries.versions_of(found)
    current = found.current_version
    own = [found.uuid]
    return page(
        request,
        "assessprep_xblock/staff/assessment.html",
        course_run=found.bank.course_key,
        crumbs=[
            (_("Library"), reverse("assessprep:library")),
            (found.bank.title, reverse("assessprep:bank", args=[found.bank.uuid])),
        ],
        assessment=found,
        is_offered=queries.is_offered(found.bank),
        current=current,
        is_withdrawn=current is not None and queries.is_withdrawn(current),
        questions=queries.questions_of(current) if current else [],
        own_state=queries.own_state_titles(current) if current else [],
        groups=groups(found.settings),
        versions=[{**views.version_view(row), "at": row.published_at} for row in versions],
        usage=usage_in_short(found),
        now_in_studio=_now_in_studio(found),
        embargo_iso=found.embargo_until.isoformat() if found.embargo_until else "",
        studio=get_lms().studio_url(found.usage_key),
        setup={
            "assessment": reverse("assessprep:api_assessment", args=own),
            "publish": reverse("assessprep:api_assessment_publish", args=own),
            "withdraw": reverse("assessprep:api_version_withdraw", args=[UUID(int=0)]),
            "version": found.version_no,
            "after": versions[0].number if versions else 0,
            "words": {
                **_words(),
                "published": _("Version {number} is published."),
                "withdrawn": _("The version is withdrawn."),
            },
        },
    )


def _now_in_studio(found: Any) -> dict[str, Any]:
    """The questions as they would be published now, each with what stands in its way, and its standards."""
    try:
        now = checked(found)
    except Refusal as refusal:
        return {"unavailable": sentence(refusal)}
    problems = problems_of(now.findings)
    named: dict[str, list[str]] = {}
    for one in problems:
        named.setdefault(one["block_id"], []).append(one["message"])
    number = 0
    blocks = []
    for block in now.questions:
        number += block.is_question
        blocks.append(
            {
                "block_id": block.block_id,
                "number": number if block.is_question else None,
                "title": block.title,
                "block_type": block.block_type,
                "points": block.max_points,
                "drafts": block.drafts,
                "standards": ", ".join(found.question_standards.get(block.block_id, [])),
                "problems": named.get(block.block_id, []),
            }
        )
    return {"blocks": blocks, "problems": named.get("", []), "n_problems": len(problems)}


urlpatterns = [
    path("library/", library, name="library"),
    path("library/add", library_add, name="library_add"),
    path("library/banks/<uuid:bank_uuid>/", bank, name="bank"),
    path("library/assessments/<uuid:assessment_uuid>/", assessment, name="assessment"),
]
