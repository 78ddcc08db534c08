"""The page on which people without an account come in, come back, and leave."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from .. import conf
from ..domain.attempts.actions_guests import PIN_DIGITS
from ..domain.attempts.guest_names import LONGEST
from ..domain.attempts.queries_guests import MARK, stay_of
from ..domain.sessions.guests import is_guest_run
from ..domain.shared.refusals import Refusal
from ..lms import get_lms
from .pages import open_page, page
from .session_shown import course_key_in


def _words() -> dict[str, str]:
    return {
        "no_name": _("Type your name."),
        "no_code": _("Type the session code."),
        "no_pin": _("Type your PIN: {n} digits.").format(n=PIN_DIGITS),
        "wait": _("One moment…"),
    }


@open_page
def guest_entry(request: HttpRequest, *, now: datetime, course_id: str) -> HttpResponse:
    """Enter as a guest: name and code; or code and PIN; or the way on, for a guest who is in already."""
    course_key = course_key_in(course_id)
    run = get_lms().course_run(course_key) if is_guest_run(course_key) else None
    if run is None:
        raise Refusal("not_found")
    return page(
        request,
        "assessprep_xblock/guests/enter.html",
        # Not the frame's: a guest has no use for the run's tabs, and may open none of them.
        run=run,
        longest_name=LONGEST,
        longest_code=conf.get_int("ASSESSPREP_CODE_LENGTH"),
        pin_digits=PIN_DIGITS,
        is_over="over" in request.GET,
        **_who(request, now),
        setup={
            "enter": reverse("assessprep:guest_enter", args=[str(course_key)]),
            "resume": reverse("assessprep:guest_resume", args=[str(course_key)]),
            "leave": reverse("assessprep:guest_leave"),
            "request_id": str(uuid4()),
            "words": _words(),
        },
    )


def _who(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """Whose browser it is: nobody's, somebody's with an account, or a guest's with the way on."""
    if not request.user.is_authenticated:
        return {"who": "nobody"}
    lms = get_lms()
    person = lms.people([request.user.pk]).get(request.user.pk)
    name = person.full_name if person else request.user.get_username()
    if MARK not in request.session:
        return {"who": "somebody", "name": name}
    stay = stay_of(pass_id=request.session[MARK], account_id=request.user.pk, now=now)
    way_on = lms.block_url(stay.usage_key) if stay is not None and stay.usage_key else ""
    return {"who": "guest", "name": name, "way_on": way_on}


urlpatterns = [path("guests/<str:course_id>/", guest_entry, name="guest_entry")]
