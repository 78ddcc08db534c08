"""The gate's matrix has every route by which a key of a question can come in: asked of the addresses themselves."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from devlms.urls import urlpatterns
from tests.doors.test_gate import Visitor, in_progress

#: Arguments of addresses that hold the key of a block, and those that cannot.
KEYS = {"usage_id", "usage_key_string", "mod_id", "location", "unit_id"}
OTHERS = {"course_id", "handler", "suffix", "userid", "dispatch", "learner_identifier", "block_type", "uri"}

#: Routes with such a key that the matrix does not try, because they show or change what authors write, for authors alone
#: (tests/devlms), or a whole unit, whose blocks are drawn one by one behind the gate (tests/flows).
ELSEWHERE = {
    "courseware_unit",
    "studio_container",
    "studio_publish",
    "studio_add_block",
    "studio_edit",
    "studio_delete",
}


class Noting(Client):
    """A browser that knows which routes it went."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.went: set[str] = set()

    def request(self, **request: Any) -> Any:
        answer = super().request(**request)
        self.went.add(answer.resolver_match.url_name)
        return answer


def test_every_argument_of_an_address_is_a_key_or_cannot_be_one():
    found = {name for route in urlpatterns if isinstance(route, URLPattern) for name in _arguments(route)}
    assert found == KEYS | OTHERS, "say whether a new argument can hold the key of a question"


@pytest.mark.django_db(transaction=True)
def test_the_matrix_of_the_gate_tries_every_route_with_a_key():
    world, user = in_progress()
    visitor = Visitor(world, user)
    visitor.client = Noting()
    visitor.client.force_login(user)
    visitor.open_doors()
    with_a_key = {route.name for route in urlpatterns if isinstance(route, URLPattern) and KEYS & set(_arguments(route))}
    assert with_a_key - visitor.client.went == ELSEWHERE, "add a new route to Visitor.open_doors"


def _arguments(route: URLPattern) -> list[str]:
    pattern = route.pattern
    return [*getattr(pattern, "converters", {}), *pattern.regex.groupindex]
