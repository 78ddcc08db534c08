"""The embedded LMS's addresses and the floor: a view that knows who asks, and does nothing."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

from devlms.urls import urlpatterns as devlms_urls


@transaction.non_atomic_requests
def floor(request: HttpRequest, **_named: str) -> HttpResponse:
    """What any signed-in call costs before its first own line; where it names a block, the gate is asked before it."""
    return HttpResponse(status=204 if request.user.is_authenticated else 401)


urlpatterns = [path("bench/floor", floor), path("bench/block/<str:usage_key_string>", floor), *devlms_urls]
