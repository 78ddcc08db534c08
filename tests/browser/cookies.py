"""Who sits at a browser of these tests, without a password that is typed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.test import Client


def carry_over(context: Any, site: str, client: Client) -> None:
    """The session of a test client goes on in a browser; nothing where nobody is signed in there."""
    name = settings.SESSION_COOKIE_NAME
    if name in client.cookies:
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])


def sign_in(context: Any, site: str, user: Any, *, language: str = "en") -> None:
    """This person is signed in, and reads this language."""
    client = Client()
    client.force_login(user)
    carry_over(context, site, client)
    if language != "en":
        context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": site}])
