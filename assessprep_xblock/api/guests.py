"""The door for people without an account: in by name and code, back in by code and PIN, and out."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth import get_backends, get_user_model, login, logout
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from .. import browsers, conf
from ..domain.attempts import actions_guests, queries_guests
from ..domain.attempts.guest_names import LONGEST
from ..domain.shared.refusals import Refusal
from ..lms import get_lms
from .doors import hot, json_body, read_course_key, read_digits, read_text, read_uuid


@hot("POST", anybody=True)
def enter(request: HttpRequest, *, now: datetime, course_id: str) -> HttpResponse:
    """Come into a session by name and code, without an account, where the operator and the session allow it."""
    course_key, body = read_course_key(course_id), json_body(request)
    came = actions_guests.enter_as_guest(
        course_key=course_key,
        # Measured and looked at where it is kept; here only what is no name at all is turned away.
        name=read_text(body.get("name"), field="name", most=10 * LONGEST),
        code=read_digits(body.get("code"), field="code"),
        request_id=read_uuid(body.get("request_id"), field="request_id"),
        address=browsers.address_of(request),
        signed_in=_signed_in(request),
        now=now,
    )
    return _let_in(request, came, now)


@hot("POST", anybody=True)
def resume(request: HttpRequest, *, now: datetime, course_id: str) -> HttpResponse:
    """Come back as the guest one was, by the session code and the PIN, after the browser lost its way."""
    course_key, body = read_course_key(course_id), json_body(request)
    came = actions_guests.resume_as_guest(
        course_key=course_key,
        code=read_digits(body.get("code"), field="code"),
        pin=read_digits(body.get("pin"), field="pin"),
        address=browsers.address_of(request),
        signed_in=_signed_in(request),
        now=now,
    )
    return _let_in(request, came, now)


@hot("POST", anybody=True)
def leave(request: HttpRequest, *, now: datetime) -> HttpResponse:
    """Sign a guest out of this browser. The test stays as it is; the PIN leads back to it."""
    if not request.user.is_authenticated or queries_guests.MARK not in request.session:
        raise Refusal("not_found")
    get_lms().expect_sign_in(None)
    logout(request)
    return JsonResponse({"left": True})


def _signed_in(request: HttpRequest) -> int | None:
    return request.user.pk if request.user.is_authenticated else None


def _let_in(request: HttpRequest, came: actions_guests.GuestIn, now: datetime) -> HttpResponse:
    """Sign the guest in, for this session's window only, and say where the test is."""
    lms = get_lms()
    account = get_user_model().objects.get(pk=came.account_id)
    backend = next((one for one in get_backends() if isinstance(one, ModelBackend)), None)
    if backend is None:
        raise Refusal("platform_unavailable")
    lms.expect_sign_in(account.pk)
    login(request, account, backend=f"{type(backend).__module__}.{type(backend).__qualname__}")
    request.session[queries_guests.MARK] = came.pass_id
    # The longest it can be; every request asks whether the session's own window still lasts.
    request.session.set_expiry(now + timedelta(hours=conf.get_int("ASSESSPREP_GUEST_HOURS")))
    answer = JsonResponse({"pin": came.pin, "address": lms.block_url(came.usage_key)})
    answer["Cache-Control"] = "no-store"
    return browsers.name_browser(request, answer)


urlpatterns = [
    path("courses/<str:course_id>/guests/enter", enter, name="guest_enter"),
    path("courses/<str:course_id>/guests/resume", resume, name="guest_resume"),
    path("guests/leave", leave, name="guest_leave"),
]
