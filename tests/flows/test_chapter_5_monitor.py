"""Chapter 5 of the guide, Real-Time Monitoring, sentence by sentence: through the pages and calls that people use."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from tests.tables import rows_of
from tests.world import Page, World, begun, delivered, entered

pytestmark = pytest.mark.django_db(transaction=True)

EVERYBODY = {"attempts": "all"}


@pytest.fixture
def world(settings) -> World:
    settings.ASSESSPREP_NOTICE_CACHE_SECONDS = 0
    cache.clear()
    return delivered(timezone.now(), learners=4)


class Watch:
    """Staff at the Monitor of one session, asking for what is new as its page does."""

    def __init__(self, world: World, session) -> None:
        self.world, self.session, self.page = world, session, Page(world.staff)
        self.since, self.rows, self.told = "", {}, {}

    def look(self) -> dict:
        """The rows by learner as the screen shows them now."""
        answer = self.page.call("GET", f"sessions/{self.session.uuid}/monitor?since={self.since}")
        if answer.status_code == 200:
            self.told = answer.json()
            self.since = self.told["since"]
            for row in rows_of(self.told):
                # Answers after the whole picture leave out who it is.
                self.rows[row["learner"]] = {**({} if self.told["full"] else self.rows[row["learner"]]), **row}
        return self.rows

    def row(self, number: int) -> dict:
        """One student's row."""
        return self.look()[self.world.learners[number].pk]

    def press(self, deed: str, **body):
        """A button of the Monitor."""
        body = {"request_id": str(uuid4()), **body}
        answer = self.page.call("POST", f"sessions/{self.session.uuid}/{deed}", body)
        assert answer.status_code == 200, answer.json()
        return answer.json()


def state_of(student: Page) -> dict:
    """What the student's page is told now."""
    return student.call("GET", f"attempts/{student.state['attempt']}").json()


def test_the_monitor_view_provides_real_time_oversight_of_student_progress_during_assessments(world):
    watch = Watch(world, world.session)
    assert watch.page.client.get(reverse("assessprep:monitor", args=[world.session.uuid])).status_code == 200
    assert {row["status"] for row in watch.look().values()} == {"absent"}
    student = begun(world, 0)
    assert watch.row(0)["status"] == "in_progress"
    # Only what changed comes over the line.
    assert [row["learner"] for row in rows_of(watch.told)] == [world.learners[0].pk] and watch.told["full"] is False
    student.submit()
    assert watch.row(0)["status"] == "submitted"


def test_filter_the_view_by_specific_session_to_see_only_relevant_students(world):
    other = world.add_session("Tuesday, room 14")
    begun(world, 0)
    tuesday = Page(world.learners[1])
    assert tuesday.verify(world, other.live_code).status_code == 200
    page = Page(world.staff).client.get(reverse("assessprep:monitor", args=[world.session.uuid])).content.decode()
    # The page leads from one session's view to the other's.
    assert reverse("assessprep:monitor", args=[other.uuid]) in page
    here, there = Watch(world, world.session).look(), Watch(world, other).look()
    one, two = world.learners[0].pk, world.learners[1].pk
    assert here[one]["status"] == "in_progress" and two not in here
    assert there[two]["status"] == "joined" and one not in there


def test_track_student_status_joined_in_progress_ended_or_submitted(world):
    _joined, _working, ended, submitted = entered(world, 0), begun(world, 1), begun(world, 2), begun(world, 3)
    submitted.submit()
    watch = Watch(world, world.session)
    watch.press("end", attempts=[ended.state["attempt"]])
    assert [watch.row(n)["status"] for n in range(4)] == ["joined", "in_progress", "ended", "submitted"]
    counters = watch.told["counters"]
    assert [counters[name] for name in ("absent", "joined", "in_progress", "ended", "submitted")] == [0, 1, 1, 1, 1]
    assert counters["assigned"] == 4


def test_take_session_specific_actions_such_as_pause_and_resume(world):
    student, watch = begun(world, 0), Watch(world, world.session)
    watch.press("pause", **EVERYBODY)
    assert watch.row(0)["held"] == "session" and state_of(student)["held"]
    assert entered(world, 1).start().json()["code"] == "held"
    watch.press("resume", **EVERYBODY)
    assert watch.row(0)["held"] is None and not state_of(student)["held"]
    assert student.save(world.questions[0].item, world.answers(0)).status_code == 200


def test_make_announcements(world):
    student, watch = begun(world, 0), Watch(world, world.session)
    watch.press("announce", **EVERYBODY, text="Ten minutes left")
    assert "Ten minutes left" in student.beat().content.decode()
    # Who comes late hears it too.
    late = begun(world, 1)
    assert "Ten minutes left" in late.call("GET", f"attempts/{late.state['attempt']}").content.decode()
    watch.look()
    assert [one["text"] for one in watch.told["announcements"]] == ["Ten minutes left"]


def test_view_real_time_progress_indicators_for_each_student(world):
    one, _two, watch = begun(world, 0), begun(world, 1), Watch(world, world.session)
    assert (watch.row(0)["answered"], watch.row(0)["questions"]) == (0, 3)
    assert one.save(world.questions[1].item, world.answers(1)).status_code == 200
    row = watch.row(0)
    assert (row["answered"], row["questions"], row["dots"]) == (1, 3, "010")
    assert row["last_saved_at"] and row["ends_at"] and row["connection"] == "connected"
    assert watch.row(1)["answered"] == 0


def test_actions_taken_in_the_monitor_view_apply_only_to_the_currently_selected_session(world):
    other = world.add_session("Tuesday, room 14")
    here, there = begun(world, 0), Page(world.learners[1])
    there.verify(world, other.live_code)
    there.start()
    watch = Watch(world, world.session)
    watch.press("announce", **EVERYBODY, text="Only for Monday")
    watch.press("pause", **EVERYBODY)
    assert state_of(here)["held"] and not state_of(there)["held"]
    assert "Only for Monday" not in there.beat().content.decode()
    # Not even by the other student's own id.
    [row] = watch.press("void", attempts=[there.state["attempt"]])["rows"]
    assert (row["done"], row["code"]) == (False, "not_found")
    watch.press("end", **EVERYBODY)
    assert (state_of(here)["status"], state_of(there)["status"]) == ("ended", "in_progress")
