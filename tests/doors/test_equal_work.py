"""Nobody finds out which codes exist: at either door, whatever opens nothing is answered alike and costs the same.

What is compared is what a guesser could measure: status, headers, body, the statements sent to the database, and the calls
to the cache.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessprep_xblock.domain.sessions.models import AssessmentSession
from devlms import factories
from tests.doors.counted_cache import CALLS
from tests.world import GuestBrowser, Page, World, delivered

pytestmark = pytest.mark.django_db
GUESTS = {"guests": True, "guests_no_account": True, "guests_wait": False}
CODES = {
    "own": "10000001",
    "of another list": "10000002",
    "draft": "10000003",
    "archived": "10000004",
    "no guests": "10000005",
}
NO_SUCH_CODE = "99999999"


@pytest.fixture
def world(settings) -> World:
    """A run with sessions in every state, each with its own code; learner 1 may enter the first alone."""
    settings.CACHES = {"default": {"BACKEND": "tests.doors.counted_cache.CountedCache", "LOCATION": "equal work"}}
    made = delivered(timezone.now(), learners=2)
    settings.ASSESSPREP_GUEST_RUNS = [str(made.school)]
    # So many wrong codes are looked at as this test types.
    settings.ASSESSPREP_WRONG_TRIES = settings.ASSESSPREP_GUEST_WRONG_TRIES = 50
    AssessmentSession.objects.filter(pk=made.session.pk).update(live_code=CODES["own"], overrides=GUESTS)
    nobody = {"everyone": False, "classes": [], "students": [made.learners[1].pk], "excluded": []}
    for state in ("of another list", "draft", "archived", "no guests"):
        other = made.add_session(state)
        # A draft and an archived session have no live code; should one be left behind, it has to open nothing.
        lifecycle = state if state in ("draft", "archived") else "published"
        AssessmentSession.objects.filter(pk=other.pk).update(lifecycle=lifecycle, live_code=CODES[state], roster=nobody)
    return made


def measured(call: Callable[[], Any]) -> dict[str, Any]:
    """What a guesser sees, and what it cost."""
    CALLS.clear()
    with CaptureQueriesContext(connection) as sql:
        answer = call()
    heads = {name: value for name, value in answer.headers.items() if name not in ("Date", "Set-Cookie")}
    # The statements without their values (who asks, and for which code) and without the names of savepoints, which count on.
    statements = [re.split(r" WHERE | VALUES |SAVEPOINT ", query["sql"])[0] for query in sql.captured_queries]
    return {"answer": (answer.status_code, heads, answer.content), "sql": statements, "cache": list(CALLS)}


def check_alike(found: dict[str, dict[str, Any]]) -> None:
    """All as the first."""
    first = next(iter(found.values()))
    for case, one in found.items():
        for what in ("answer", "sql", "cache"):
            assert one[what] == first[what], (case, what)


def test_at_the_learners_door_no_such_code_and_not_your_session_are_answered_alike_and_cost_the_same(world):
    page = Page(world.learners[0])
    page.verify(world, "00000000")  # what is read once and kept is read, and the row of the tries is there
    found = {"no such code": measured(lambda: page.verify(world, NO_SUCH_CODE))}
    for case in ("of another list", "draft", "archived"):
        found[case] = measured(lambda case=case: page.verify(world, CODES[case]))
    for typed in ("", "12", "no code", "9" * 40):
        found[f"typed {typed!r}"] = measured(lambda typed=typed: page.verify(world, typed))
    assert found["no such code"]["answer"][0] == 403
    assert found["no such code"]["sql"]
    check_alike(found)
    # What is compared can tell: the right code is another answer, and other work.
    right = measured(lambda: page.verify(world, CODES["own"]))
    assert right["answer"][0] == 200
    assert right["sql"] != found["no such code"]["sql"]


def test_at_the_learners_door_the_first_wrong_code_costs_the_same_too(world):
    """Each from an account that never typed a wrong code: nobody's row of tries is there yet."""
    codes = (NO_SUCH_CODE, CODES["of another list"], CODES["draft"])
    pages = [Page(factories.make_learner(world.school, f"late-{n}", f"Late {n}")) for n in range(len(codes))]
    Page(world.learners[0]).verify(world, NO_SUCH_CODE)  # what is read once for the run and kept is read
    tried = zip(pages, codes, strict=True)
    found = {code: measured(lambda page=page, code=code: page.verify(world, code)) for page, code in tried}
    check_alike(found)


def test_at_the_guests_door_no_such_code_and_no_session_for_guests_are_answered_alike_and_cost_the_same(world):
    GuestBrowser(world).enter(code="00000000")
    found = {"no such code": measured(lambda: GuestBrowser(world).enter(code=NO_SUCH_CODE))}
    for case in ("no guests", "draft", "archived"):
        found[case] = measured(lambda case=case: GuestBrowser(world).enter(code=CODES[case]))
    for typed in ("", "no code", "9" * 12):
        found[f"typed {typed!r}"] = measured(lambda typed=typed: GuestBrowser(world).enter(code=typed))
    assert found["no such code"]["answer"][0] == 403
    check_alike(found)
    assert measured(lambda: GuestBrowser(world).enter(code=CODES["own"]))["answer"][0] == 200


def test_at_the_guests_door_no_such_code_and_no_such_pin_are_answered_alike_and_cost_the_same(world):
    pin = GuestBrowser(world).enter(code=CODES["own"]).json()["pin"]
    wrong = f"{(int(pin) + 1) % 10**8:08}"
    GuestBrowser(world).resume(wrong, code=CODES["own"])
    given = {
        "no such pin": (wrong, CODES["own"]),
        "no such code": (pin, NO_SUCH_CODE),
        "of another session": (pin, CODES["no guests"]),
        "draft": (pin, CODES["draft"]),
        "no pin": ("x", CODES["own"]),
    }
    found = {
        case: measured(lambda pin=pin, code=code: GuestBrowser(world).resume(pin, code=code))
        for case, (pin, code) in given.items()
    }
    assert found["no such pin"]["answer"][0] == 403
    check_alike(found)
