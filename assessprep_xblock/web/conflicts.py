"""Marking by two people in one session: how far it is, and the answers about which they disagree."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.grading import queries, queries_twice, rules
from ..domain.grading.agreement import FEW, FEW_FOR_KAPPA
from ..domain.sessions.queries import session_for_staff, settings_of
from .grade import page_below
from .pages import session_tabs, staff_page


@staff_page
def conflicts(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """The conflicts of a session, with both marks and the way to settle each."""
    session = session_for_staff(session_uuid=session_uuid, user_id=request.user.pk)
    shown = Paginator(queries_twice.conflicts_in(session), queries.PAGE_SIZE).get_page(request.GET.get("page"))
    found = queries_twice.conflicts_of(list(shown.object_list))
    settings = settings_of(session)
    return page_below(
        request,
        "assessprep_xblock/staff/conflicts.html",
        session,
        tabs=session_tabs(session.uuid, current="grade", is_staff=True),
        done="done" in request.GET,
        progress=queries_twice.progress(session),
        two=settings["second_marking"] != "off",
        tolerance=rules.points(settings["mark_tolerance"]),
        sample=settings["second_sample"] if settings["second_marking"] == "sample" else None,
        rows=_rows(session, found),
        agreement=[_agreement(one) for one in queries_twice.agreement_in(session)],
        few=FEW,
        few_for_kappa=FEW_FOR_KAPPA,
        shown=shown,
    )


def _rows(session: Any, found: list[queries_twice.Conflict]) -> list[dict[str, Any]]:
    names = queries.names_for(session, {one.attempt: one.learner for one in found})
    return [
        {
            "name": names[one.attempt],
            "title": one.title,
            "possible": rules.points(one.possible),
            "marks": [(who or _("Somebody whose account is gone"), rules.points(mark.points)) for mark, who in one.marks],
            "apart": rules.points(one.apart),
            "address": reverse("assessprep:submission", args=[one.attempt]) + f"?question={one.item}&conflicts=1",
        }
        for one in found
    ]


def _agreement(one: queries_twice.QuestionAgreement) -> dict[str, Any]:
    """The figures of one question in words; "" where there are too few answers, or nothing to say."""
    found = one.found

    def share(value: float | None) -> str:
        return "" if value is None else f"{100 * value:.0f}"

    return {
        "title": f"{one.number}. {one.title}",
        "possible": rules.points(one.possible),
        "n": found.n,
        "apart": "" if found.apart is None else f"{found.apart:.2f}",
        "exact": share(found.exact),
        "exact_from": share(found.exact_from),
        "exact_to": share(found.exact_to),
        "within": share(found.within),
        "lean": "" if found.lean is None else f"{found.lean:+.2f}",
        "kappa": "" if found.kappa is None else f"{found.kappa:.2f}",
    }


urlpatterns = [path("sessions/<uuid:session_uuid>/grade/conflicts/", conflicts, name="conflicts")]
