"""A question that no longer counts, on a real edx-platform: what its grades, kept and told, are made of then."""

from __future__ import annotations

import pytest

from tests.edxapp import only_in

only_in("lms")

from django.test import override_settings
from django.utils import timezone
from lms.djangoapps.grades.models import PersistentCourseGrade, PersistentSubsectionGrade
from xmodule.modulestore import ModuleStoreEnum
from xmodule.modulestore.django import modulestore

from assessprep_xblock.domain.library import actions as library
from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Score
from tests.edxapp.district import STUDIO_HERE, Browser
from tests.edxapp.platform_numbers import course_percent, gradebook, progress
from tests.lms import edxapp_world as edx

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def kept(district, learner) -> tuple[float, float, float]:
    """What the platform keeps of this learner: points and most in the subsection, and the part of the course's points."""
    subsection = PersistentSubsectionGrade.objects.get(user_id=learner.pk, course_id=district.school)
    course = PersistentCourseGrade.objects.get(user_id=learner.pk, course_id=district.school)
    return subsection.earned_graded, subsection.possible_graded, course.percent_grade


def told(district, learner) -> tuple[float, float, float]:
    """What its programs are told: the same three, by the Progress page's and the grades API's addresses."""
    ours = progress(learner, district)
    return ours["num_points_earned"], ours["num_points_possible"], course_percent(district, learner)


def both(district, learner) -> tuple[float, float, float]:
    """Kept and told, which agree."""
    assert kept(district, learner) == told(district, learner) == (*district.subsection(learner), kept(district, learner)[2])
    return kept(district, learner)


def test_a_score_of_nothing_of_nothing_is_left_out_of_every_grade_until_it_counts_again(district, ada):
    """The contract's ``set_score(counts=False)``."""
    browser, (choice, number, _text) = Browser(ada), district.keys()
    session = district.session("Monday, room 12")
    browser.verify(district.block, session.live_code)
    browser.start()
    for position, value in enumerate(("choice_1", None, None)):
        browser.save(district.keys()[position].block_id, district.answers(position, value))
    assert browser.submit().status_code == 200
    assert both(district, ada) == (2.0, 4.0, 0.5)
    lms = get_lms()
    for _again in range(2):
        assert lms.set_score(choice, ada.pk, 0.0, counts=False) == Score(0.0, 0.0)
        assert both(district, ada) == (2.0, 2.0, 1.0)
    assert gradebook(district) == {"ada": 2.0}
    lms.set_score(choice, ada.pk, 1.0)
    assert both(district, ada) == (3.0, 4.0, 0.75)
    lms.set_score(choice, ada.pk, 0.0, counts=False)
    lms.set_score(number, ada.pk, 0.0, counts=False)
    assert both(district, ada) == (1.0, 1.0, 1.0)


def test_a_question_that_an_author_drops_after_the_test_is_in_nobody_s_grade_until_the_school_takes_it_back(district):
    given = {"ada": (None, None, None), "ben": ("choice_1", None, "metre"), "cleo": ("choice_0", "13", "metre")}
    learners = {name: edx.make_learner(district.school, name) for name in given}
    session = district.session("Monday, room 12")
    for name, answers in given.items():
        browser = Browser(learners[name])
        browser.verify(district.block, session.live_code)
        browser.start()
        for position, key in enumerate(district.keys()):
            assert browser.save(key.block_id, district.answers(position, answers[position])).status_code == 200
        assert browser.submit().status_code == 200
    before = {"ada": (4.0, 4.0, 1.0), "ben": (1.0, 4.0, 0.25), "cleo": (2.0, 4.0, 0.5)}
    assert {name: both(district, one) for name, one in learners.items()} == before

    correction = {"version": without_the_first(district), "dropped": "leave"}
    staff, path = Browser(district.staff), f"sessions/{session.uuid}"
    looked = staff.call("POST", f"{path}/regrade-preview", correction).json()
    assert looked["state"] == "done", looked
    assert {name: both(district, one) for name, one in learners.items()} == before
    named = {"correction": looked["correction"]}
    assert staff.call("POST", f"{path}/regrade", named).json() == {"behind": 0}
    after = {"ada": (2.0, 2.0, 1.0), "ben": (1.0, 2.0, 0.5), "cleo": (0.0, 2.0, 0.0)}
    assert {name: both(district, one) for name, one in learners.items()} == after
    rows = staff.call("GET", f"{path}/grades").json()["results"]
    assert {row["username"]: (row["earned"], row["possible"]) for row in rows} == {
        name: (earned, possible) for name, (earned, possible, _part) in after.items()
    }
    assert staff.call("POST", f"{path}/regrade/undo", named).status_code == 200
    assert {name: both(district, one) for name, one in learners.items()} == before


def without_the_first(district) -> int:
    """The author takes the first question out and publishes; the version's number."""
    assessment, by = district.placement.version.assessment, district.author.pk
    store = modulestore()
    with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, district.bank):
        block = store.get_item(assessment.usage_key)
        store.delete_item(block.children[0], by)
        store.publish(store.get_item(assessment.usage_key).parent, by)
    with override_settings(ASSESSPREP_LMS=STUDIO_HERE):
        return library.publish_version(assessment_uuid=assessment.uuid, release_note="", by=by, now=timezone.now()).number
