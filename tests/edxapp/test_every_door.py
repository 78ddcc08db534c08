"""Every address of a question in every state of an attempt, on a real edx-platform."""

from __future__ import annotations

import pytest

from tests.edxapp import only_in

only_in("lms")


from django.utils import timezone

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.monitoring import actions_ending, actions_entry
from tests.edxapp.district import Browser, District
from tests.edxapp.every_door import READS, launch, open_doors, refused
from tests.lms import edxapp_world as edx

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


class Room:
    """A class in which everybody stands somewhere else."""

    def __init__(self, district: District) -> None:
        self.district, self.people = district, {}

    def learner(self, name: str, **settings):
        """A learner with a session of their own, and a browser."""
        user = edx.make_learner(self.district.school, name)
        session = self.district.session(name, roster={"everyone": False, "students": [user.pk]}, **settings)
        self.people[name] = user
        return Browser(user), session

    def joined(self, name: str, **settings):
        """One who has typed the code."""
        browser, session = self.learner(name, **settings)
        assert browser.verify(self.district.block, session.live_code).status_code == 200
        return browser, session

    def working(self, name: str, **settings):
        """One who has begun and saved a right answer."""
        browser, session = self.joined(name, **settings)
        assert browser.start().status_code == 200
        assert browser.save(self.district.keys()[0].block_id, self.district.answers(0)).status_code == 200
        return browser, session

    def submitted(self, name: str, **settings):
        """One who has handed in."""
        browser, session = self.working(name, **settings)
        assert browser.submit().status_code == 200
        return browser, session

    def by_staff(self, deed, session, **more) -> None:
        """What staff do to everybody of a session."""
        deed(session_id=session.pk, by=self.district.staff.pk, attempts="all", now=timezone.now(), **more)

    def fill(self) -> None:
        """Everybody takes their place."""
        self.learner("nowhere")
        self.joined("joined")
        self.joined("waiting", waiting_room=True)
        _browser, session = self.joined("denied", waiting_room=True)
        self.by_staff(actions_entry.deny, session, reason="")
        self.working("working")
        _browser, session = self.working("held")
        self.by_staff(monitoring.pause, session, reason="")
        _browser, session = self.working("ended")
        self.by_staff(actions_ending.end, session, reason="")
        self.working("overdue", duration_s=60, network_grace_s=0)
        Attempt.objects.filter(learner=self.people["overdue"]).update(due_us=1)
        _browser, session = self.working("voided while working")
        self.by_staff(actions_ending.void, session, reason="copied")
        self.submitted("submitted", release="manual")
        self.submitted("reviewing", show_correctness=True)
        self.submitted("shown", show_answers=True)
        _browser, session = self.submitted("voided afterwards")
        self.by_staff(actions_ending.void, session, reason="copied")


def test_no_door_opens_that_the_state_of_the_attempt_does_not_open(district):
    room = Room(district)
    room.fill()
    before = {name: district.stored(user) for name, user in room.people.items()}
    found = {name: open_doors(district, user) for name, user in room.people.items()}
    expected = dict.fromkeys(room.people, set()) | {"working": READS, "reviewing": READS, "shown": READS | {"show"}}
    assert {name: sorted(doors ^ expected[name]) for name, doors in found.items() if doors != expected[name]} == {}
    assert {name: district.stored(user) for name, user in room.people.items()} == before


def test_an_lti_launch_shows_a_question_to_nobody_and_the_start_screen_of_the_assessment(district, ada):
    browser = district.working(ada, district.session("Monday, room 12"))
    key = district.keys()[0]
    assert refused(launch(edx.Client(), ada, district.school, str(key)))
    # Signed in, the launch is one more page of what she may read now anyway.
    assert launch(browser.client, ada, district.school, str(key)).status_code == 200
    browser.submit()
    assert refused(launch(browser.client, ada, district.school, str(key)))
    whole = launch(edx.Client(), ada, district.school, str(district.block))
    assert whole.status_code == 200
    assert "AssessPrepXBlock" in whole.content.decode()
