"""What every page's header needs: the run it belongs to, and the run's tabs."""
from __future__ import annotations


def page_shell(request) -> dict:
    """Context of ``main_django.html``. Tabs are worked out only where the page is about a run (``request.course``)."""
    course = getattr(request, "course", None)
    user = getattr(request, "user", None)
    if course is None or user is None or not user.is_authenticated:
        return {"shell_course": course, "shell_tabs": []}
    from .tabs import course_tabs

    here = request.path
    tabs = course_tabs(user.pk, course.id)
    marked = [(title, url, here == url or here.startswith(url.rstrip("/") + "/")) for title, url in tabs]
    return {"shell_course": course, "shell_tabs": marked}
