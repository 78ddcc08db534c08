"""What the platform's own pages show beside their content: the run's tabs, and the name of who is signed in."""

from __future__ import annotations

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from .tabs import course_tabs


def page_shell(request) -> dict:
    """``shell_tabs`` of the run the page is about (``request.course``), worked out only where a template asks for them."""

    def tabs() -> list[tuple[str, str, bool]]:
        here = request.path
        found = course_tabs(request.user.pk, request.course.id)
        return [(title, url, here == url or here.startswith(url.rstrip("/") + "/")) for title, url in found]

    return {"shell_tabs": tabs}


@receiver(user_logged_in)
def remember_name(sender, request, user, **_kwargs) -> None:
    """The header's name is kept in the session, so that it costs a page no query."""
    profile = getattr(user, "profile", None)
    if request is not None and profile is not None:
        request.session["full_name"] = profile.name
