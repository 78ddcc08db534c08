"""What a guest without an account may touch in the LMS: the one test it came for, and only while its session lasts.

The account behind it is enrolled in the run like anybody else's, and the platform would show it whatever the run shows its
learners. So each request of a guest's browser is asked for here, by the mark that its web session got at the door.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import AsideUsageKey, UsageKey

from .domain.attempts.queries_guests import MARK, Stay, stay_of
from .domain.library import guards
from .domain.shared.refusals import Refusal
from .domain.shared.sentences import sentence
from .lms import get_lms

log = logging.getLogger(__name__)

#: Addresses of ours that are a student's. Each asks whose attempt it is.
OURS = frozenset(
    {
        "my-attempt", "verify", "enter", "entry", "attempt", "start", "submit", "answer", "beat", "forward", "flags",
        "move-here", "guest_entry", "guest_enter", "guest_resume", "guest_leave",
    }
)  # fmt: skip
#: Routes of the platform that name a block: allowed for the guest's own test and the questions of a test.
OF_A_BLOCK = frozenset({"render_xblock", "xblock_handler", "xblock_handler_noauth"})
#: Routes that name nobody and nothing of the run.
HARMLESS = frozenset({"logout", "xblock_resource_url", "javascript-catalog", "choose_language"})
#: Files of the run that questions show, which the platform gives to everybody, and what pages send without being asked.
HARMLESS_PATHS = ("/asset-v1:", "/assets/courseware/", "/c4x/", "/static/", "/event", "/segmentio/event", "/csrf/")


class GuestMiddleware:
    """Refuses a guest's browser everything but its test, and signs it out when the session is over."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; :meth:`process_view` decides."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Any, args: Iterable, kwargs: Mapping[str, Any]
    ) -> HttpResponse | None:
        """A refusal, or None to go on. No query for anybody but guests."""
        session = getattr(request, "session", None)
        if session is None or MARK not in session or not request.user.is_authenticated:
            return None
        try:
            stay = stay_of(pass_id=session[MARK], account_id=request.user.pk, now=timezone.now())
            allowed = stay is not None and stay.in_force and _may_touch(request, stay, (*args, *kwargs.values()))
        except Exception:
            # Whatever went wrong, an open door would be worse. The log says what it was.
            log.exception("nothing could be found out about a guest, who is refused")
            return _refused(request, Refusal("guest_elsewhere"))
        if stay is None or not stay.in_force:
            return _shown_out(request, stay)
        return None if allowed else _refused(request, Refusal("guest_elsewhere"))


def _may_touch(request: HttpRequest, stay: Stay, values: Iterable[Any]) -> bool:
    match = request.resolver_match
    if match is None:
        return False
    if match.app_names[:1] == ["assessprep"] or match.namespaces[:1] == ["assessprep"]:
        return match.url_name in OURS
    if match.url_name in OF_A_BLOCK:
        keys = list(_usage_keys(values))
        return bool(keys) and all(_of_the_test(key, stay) for key in keys)
    return match.url_name in HARMLESS or request.path.startswith(HARMLESS_PATHS)


def _of_the_test(usage_key: UsageKey, stay: Stay) -> bool:
    """The block of the guest's own test, or a guarded question of the run: of those the gate knows whose they are."""
    if isinstance(usage_key, AsideUsageKey):
        usage_key = usage_key.usage_key
    if usage_key.context_key != stay.course_key:
        return False
    found = guards.guards_in(usage_key.context_key)
    return guards.plain(usage_key) == str(stay.usage_key) or found.kind(usage_key) not in (None, guards.SOURCE)


def _usage_keys(values: Iterable[Any]) -> Iterable[UsageKey]:
    for value in values:
        if isinstance(value, UsageKey):
            yield value
        elif isinstance(value, str) and ":" in value:
            try:
                yield UsageKey.from_string(value)
            except InvalidKeyError:
                continue


def _shown_out(request: HttpRequest, stay: Stay | None) -> HttpResponse | None:
    """Sign out whose session is over. A reader is led to the door; a program goes on as nobody, and is told so."""
    get_lms().expect_sign_in(None)
    logout(request)
    if stay is not None and request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
        return HttpResponseRedirect(reverse("assessprep:guest_entry", args=[str(stay.course_key)]) + "?over=1")
    return None


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    words = sentence(refusal)
    if "text/html" in request.headers.get("Accept", ""):
        return render(request, "assessprep_xblock/student/refused.html", {"message": words}, status=refusal.status)
    return JsonResponse({"code": refusal.code, "message": words}, status=refusal.status)
