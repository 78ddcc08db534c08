"""What every staff page does the same way: sign-in, the platform's frame round it, its navigation, and a polite refusal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from opaque_keys.edx.keys import CourseKey

from ..domain.sessions.queries import watches
from ..domain.shared.refusals import Refusal
from ..domain.shared.sentences import sentence
from ..lms import get_lms
from ..lms.base import CourseRun


@dataclass(frozen=True)
class ShellCourse:
    """What the platform's header wants to know of a course, so that it names the course run the page is about."""

    id: CourseKey
    display_name: str
    org: str
    number: str

    @property
    def display_name_with_default(self) -> str:
        """The run's name."""
        return self.display_name

    @property
    def display_org_with_default(self) -> str:
        """The organization's name."""
        return self.org

    @property
    def display_number_with_default(self) -> str:
        """The course's number."""
        return self.number


def page(
    request: HttpRequest,
    template: str,
    *,
    course_run: CourseRun | CourseKey | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """A staff page in the platform's frame. ``template`` is its full name and extends ``assessprep_xblock/staff/base.html``.

    ``course_run`` names the run that the page is about (a key is looked up), or None. The frame reads from ``context``:
    ``crumbs``: (title, address) pairs from the top down to the parent of this page; ``tabs``: see :func:`tab`. Every page
    knows ``studio_page``: where the same page can add to the course, if it cannot here.
    """
    lms = get_lms()
    if isinstance(course_run, CourseKey):
        course_run = lms.course_run(course_run)
    course_tabs: Sequence[tuple[str, str]] = ()
    if course_run is not None:
        run, key = course_run, course_run.key
        # The platform's header names the course only where the view leaves it here.
        request.course = ShellCourse(key, run.name, run.organization.name, getattr(key, "course", ""))  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            course_tabs = lms.course_tabs(request.user.pk, key)
    frame = {"page_shell": lms.page_shell, "course_run": course_run, "course_tabs": course_tabs, "crumbs": (), "tabs": ()}
    frame["studio_page"] = lms.studio_page(request.get_full_path())
    answer = render(request, template, {**frame, **context}, status=status)
    # Names and results: the next person at this device does not go back to them.
    answer["Cache-Control"] = "no-store"
    return answer


def tab(title: Any, address: str, *, current: bool = False) -> dict[str, Any]:
    """One entry of a page's own row of tabs."""
    return {"title": title, "address": address, "current": current}


def session_crumbs(course_key: CourseKey) -> list[tuple[str, str]]:
    """The way from the run's assessments down to one of its sessions."""
    return [(_("Common Assessments"), reverse("assessprep:course", args=[str(course_key)]))]


def room_crumbs(course_key: CourseKey, *, is_staff: bool) -> list[tuple[str, str]]:
    """The way down to a room: from the run's assessments, or for who only watches, from all that she watches."""
    return session_crumbs(course_key) if is_staff else [(_("Sessions you watch"), reverse("assessprep:rooms"))]


def session_tabs(session_uuid: Any, *, current: str, is_staff: bool) -> list[dict[str, Any]]:
    """The views of one session. Invigilators who are no course staff have the Monitor alone, which needs no tabs."""
    if not is_staff:
        return []
    views = (("session", _("Session")), ("monitor", _("Monitor")), ("grade", _("Grade")), ("analyse", _("Analyse")))
    return [tab(title, reverse(f"assessprep:{name}", args=[session_uuid]), current=name == current) for name, title in views]


def staff_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that only reads (GET), for people who signed in. A refusal of the domain becomes a page that says so.

    The view gets ``now``. A page never changes anything, so it needs no request-long transaction.
    """
    return _reading(view, anybody=False)


def open_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The same for everybody, signed in or not."""
    return _reading(view, anybody=True)


def _reading(view: Callable[..., HttpResponse], *, anybody: bool) -> Callable[..., HttpResponse]:

    @transaction.non_atomic_requests
    @wraps(view)
    def door(request: HttpRequest, **named: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not anybody and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        try:
            if not anybody and not request.user.is_active:
                # Not to the door: the platform signs in accounts that are not active, and would lead back here.
                raise Refusal("forbidden")
            return view(request, now=timezone.now(), **named)
        except Refusal as refusal:
            told: dict[str, Any] = {"sentence": sentence(refusal), "code": refusal.code}
            told["watches"] = request.user.is_authenticated and watches(request.user.pk)
            return page(request, "assessprep_xblock/staff/refused.html", status=refusal.status, **told)

    return door
