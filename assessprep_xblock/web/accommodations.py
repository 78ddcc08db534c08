"""Extra time that learners of a run always have."""

from __future__ import annotations

from datetime import datetime

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.organizations.queries import run_for_staff
from ..domain.sessions import queries_accommodations as queries
from .pages import page, staff_page
from .session_shown import course_crumb, course_key_in

SHOWN_AT_ONCE = 100


@staff_page
def accommodations(request: HttpRequest, *, now: datetime, course_id: str) -> HttpResponse:
    """Who has extra time in every test of a run; give it, change it, take it back."""
    run = run_for_staff(course_key=course_key_in(course_id), user_id=request.user.pk)
    shown = Paginator(queries.accommodations_of_run(run.key), SHOWN_AT_ONCE).get_page(request.GET.get("page"))
    own = reverse("assessprep:api_accommodation", args=[str(run.key), 0])
    return page(
        request,
        "assessprep_xblock/staff/accommodations.html",
        course_run=run,
        crumbs=[course_crumb(run)],
        rows=[_shown(one) for one in queries.named(list(shown))],
        pages=shown,
        setup={
            "learners": reverse("assessprep:api_learners", args=[str(run.key)]),
            "accommodation": own,
            "words": {
                "nobody": _("Nobody found."),
                "more": _("Type at least two letters."),
                "choose": _("Choose"),
                "choose_first": _("Choose a student first."),
                "not_a_number": _("This has to be a number."),
            },
        },
    )


def _shown(one: queries.Accommodated) -> dict[str, object]:
    view = queries.accommodation_view(one)
    words = []
    if view["percent"] != 100:
        words.append(_("{factor} times the duration").format(factor=f"{view['percent'] / 100:g}"))
    if view["extra_s"]:
        words.append(_("{n} minutes more").format(n=f"{view['extra_s'] / 60:g}"))
    return {**view, "words": ", ".join(words)}


urlpatterns = [path("courses/<str:course_id>/accommodations/", accommodations, name="accommodations")]
