"""The browser behind a request: where it is, and which one it is."""

from __future__ import annotations

import secrets

import crum
from django.http import HttpRequest, HttpResponse
from edx_django_utils.ip import get_safest_client_ip

from .domain.attempts.devices import COOKIE, Device, read_device

KEPT_S = 365 * 24 * 3600


def address_of(request: HttpRequest) -> str:
    """The browser's address as far as the operator trusts the proxies in between (the platform's own setting says it)."""
    try:
        return str(get_safest_client_ip(request))
    except (KeyError, ValueError, AttributeError):
        return str(request.META.get("REMOTE_ADDR", ""))


def device_of(request: HttpRequest) -> Device:
    """Which browser it is, and where."""
    return read_device(request.COOKIES, request.META.get("HTTP_USER_AGENT", ""), address_of(request))


def current_device() -> Device | None:
    """The browser that asks now; None where no browser does (a task, a token's call)."""
    request = crum.get_current_request()
    return device_of(request) if request is not None else None


def name_browser(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Give a browser its random name, where it has none yet. It says nothing of who uses it."""
    if not device_of(request).key:
        response.set_cookie(
            COOKIE,
            secrets.token_urlsafe(18),
            max_age=KEPT_S,
            path="/",
            secure=request.is_secure(),
            httponly=True,
            # The LMS shows units in a frame of its own site.
            samesite="None" if request.is_secure() else "Lax",
        )
    return response
