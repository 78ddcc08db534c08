"""What hostile people try: a student, the staff of another school, an invigilator who wants to know more than the room."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import Attempt
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
        # Nor does anybody in the room as it was: marking is no part of it.
        later = quote((timezone.now() + timedelta(hours=1)).isoformat())
        replayed = who.call("GET", f"sessions/{world.session.uuid}/replay?at={later}").content.decode()
        assert "handed the test in" in replayed
        assert "for effort" not in replayed and "points" not in replayed


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


EXTRA = {
    "lifecycle": "published", "live_code": "9999", "code": "9999", "course_key": "course-v1:Lakeside+SCI7+2026",
    "created_by_id": 1, "by": 1, "released_at": "2026-01-01T00:00:00Z", "held_since": None, "n_submitted": 99,
    "status": "submitted", "due_us": 10**15, "granted_us": 10**15, "admitted_at": "2026-01-01T00:00:00Z", "voided": True,
    "earned": 3, "possible": 3, "learner_id": 1, "session_id": 1, "is_guest": False, "handin": "done", "number": 7, "pk": 1,
}  # fmt: skip


def _row(row, *, but: set[str]) -> dict:
    row.refresh_from_db()
    return {name: value for name, value in vars(row).items() if not name.startswith("_") and name not in but}


def test_what_nobody_asked_for_is_not_written(world):
    staff, student = Page(world.staff), Page(world.learners[0])
    body = {"placement": str(world.placement.uuid), "name": "New", "request_id": "6d9b6b3e-8b3f-4f43-9f30-0d6c3f0c2a10"}
    refused = staff.call("POST", f"courses/{world.school}/sessions", {**EXTRA, **body})
    assert (refused.status_code, refused.json()["field"]) == (400, "lifecycle")
    made = staff.call("POST", f"courses/{world.school}/sessions", body).json()
    assert (made["lifecycle"], made["code"], made["course_id"]) == ("draft", None, str(world.school))
    session = world.reload()
    before = _row(session, but=set())
    for name, value in EXTRA.items():
        change = {name: value, "version": session.version_no, "name": "Renamed"}
        answer = staff.call("PATCH", f"sessions/{session.uuid}", change)
        assert (answer.status_code, answer.json()["field"]) == (400, name)
    assert _row(session, but=set()) == before
    student.verify(world)
    attempt = Attempt.objects.get(uuid=student.state["attempt"])
    assert student.call("POST", f"attempts/{attempt.uuid}/start", EXTRA).status_code == 200
    moves = {"progress_at", "last_saved_at", "answered", "current_item", "last_seen_at"}
    before = _row(attempt, but=moves)
    assert (before["status"], before["voided"], before["granted_us"]) == ("in_progress", False, 0)
    item, values = world.questions[0].item, world.answers(0)
    saved = student.call("PUT", f"attempts/{attempt.uuid}/answers/{item}", {**EXTRA, "values": values, "revision": 1})
    assert saved.status_code == 200
    assert _row(attempt, but=moves) == before
