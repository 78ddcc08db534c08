"""edx-proctoring's addresses as the LMS has them, the pages that it names, and the view that does nothing."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.urls import include, path, re_path


@transaction.non_atomic_requests
def floor(request: Any) -> HttpResponse:
    """What any signed-in call costs here before its first own line."""
    return HttpResponse(status=204 if request.user.is_authenticated else 401)


def _page(_request: Any, **_: Any) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("bench/floor", floor),
    re_path(r"^courses/(?P<course_id>[^/]+)/jump_to/(?P<location>.+)$", _page, name="jump_to"),
    re_path(r"^courses/(?P<course_id>[^/]+)/progress$", _page, name="progress"),
    path("api/", include("edx_proctoring.urls", namespace="edx_proctoring")),
]
