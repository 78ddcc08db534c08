"""What hostile people try: a student, the staff of another school, an invigilator who wants to know more than the room."""

from __future__ import annotations

import pytest
from django.utils import timezone

from devlms import factories
from tests.world import Page, World, delivered

API = "/assessprep/api/v1/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return delivered(timezone.now())


def handed_in(world: World) -> str:
    """The first learner's attempt, submitted."""
    page = Page(world.learners[0])
    page.verify(world)
    page.start()
    page.save(world.questions[0].item, world.answers(0))
    assert page.submit().status_code == 200
    return page.state["attempt"]


@pytest.mark.parametrize("level", ["invigilator", "chief"])
def test_who_watches_a_room_reads_nobody_s_points_in_its_log(world, level):
    attempt, item = handed_in(world), world.questions[0].item
    staff, watcher = Page(world.staff), factories.make_user("watcher")
    staff.call("POST", f"sessions/{world.session.uuid}/invigilators", {"who": "watcher", "level": level})
    mark = {"points": 0.25, "criteria": {}, "comment": "", "reason": "for effort"}
    stale = staff.call("PUT", f"attempts/{attempt}/marks/{item}", {**mark, "version": "-"})
    answer = staff.call("PUT", f"attempts/{attempt}/marks/{item}", {**mark, "version": stale.json()["version"]})
    assert answer.status_code == 200, answer.content
    for who, told in ((staff, True), (Page(watcher), False)):
        table = b"".join(who.client.get(f"{API}sessions/{world.session.uuid}/log.csv").streaming_content).decode()
        log = who.call("GET", f"attempts/{attempt}/log").content.decode()
        for text in (table, log):
            assert "submit" in text or "handed the test in" in text
            assert ("for effort" in text) is told
            assert ("points" in text) is told


@pytest.mark.parametrize("given", ["8704ce75-9dd4-90d9-5bc4-a1323baf699a", "0" * 32, "f" * 32, "urn:uuid:" + "1" * 32])
def test_what_only_looks_like_a_uuid_is_refused_before_a_database_is(world, given):
    """MariaDB has a type of its own for them, and takes no others."""
    staff, run = Page(world.staff), str(world.school)
    body = {"placement": str(world.placement.uuid), "name": "N", "request_id": given}
    for path, sent in (
        (f"courses/{run}/sessions", body),
        (f"courses/{run}/guests/enter", {"name": "Ada", "code": "0000", "request_id": given}),
        (f"sessions/{world.session.uuid}/announce", {"attempts": "all", "text": "t", "request_id": given}),
    ):
        answer = staff.call("POST", path, sent)
        assert (answer.status_code, answer.json()["field"]) == (400, "request_id"), path
