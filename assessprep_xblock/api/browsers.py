"""The browser behind a request: where it is, and which one it is."""

from __future__ import annotations

import re
import secrets

from django.http import HttpRequest, HttpResponse
from edx_django_utils.ip import get_safest_client_ip

from ..domain.attempts.devices import Device

COOKIE = "assessprep_device"
KEPT_S = 365 * 24 * 3600
#: Looked for in this order: everybody claims to be Mozilla, and Edge to be Chrome.
BROWSERS = ("Edg", "OPR", "SamsungBrowser", "Firefox", "CriOS", "Chrome", "Safari")
NAMES = {"Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet", "CriOS": "Chrome"}
SYSTEMS = ("iPhone", "iPad", "Android", "CrOS", "Windows", "Macintosh", "Linux")
SYSTEM_NAMES = {"CrOS": "ChromeOS", "Macintosh": "Mac"}


def address_of(request: HttpRequest) -> str:
    """The browser's address as far as the operator trusts the proxies in between (the platform's own setting says it)."""
    try:
        return str(get_safest_client_ip(request))
    except (KeyError, ValueError, AttributeError):
        return str(request.META.get("REMOTE_ADDR", ""))


def device_of(request: HttpRequest) -> Device:
    """The browser's random name, and what it calls itself: "Firefox, Windows"."""
    key = request.COOKIES.get(COOKIE, "")
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,64}", key):
        key = ""
    agent = request.META.get("HTTP_USER_AGENT", "")
    browser = next((name for name in BROWSERS if name in agent), "")
    system = next((name for name in SYSTEMS if name in agent), "")
    words = [NAMES.get(browser, browser), SYSTEM_NAMES.get(system, system)]
    return Device(key=key, label=", ".join(word for word in words if word))


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
