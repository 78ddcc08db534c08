"""The main job on a real edx-platform, from the code to the grade, through the platform's own addresses."""

from __future__ import annotations

import pytest

from tests.edxapp import only_in

only_in("lms")

import json
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from assessprep_xblock.domain.attempts import actions_settle
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.edxapp import EdxApp
from tests.edxapp.district import TEXTS, Browser
from tests.edxapp.every_door import READS, open_doors, refused, shows
from tests.lms import edxapp_world as edx

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def test_from_the_code_to_the_grade(district, ada):
    assert type(get_lms()) is EdxApp
    session = district.session("Monday, room 12", release="manual")
    browser, (choice, number, text) = Browser(ada), district.keys()

    start_screen = browser.page(district.block)
    assert start_screen.status_code == 200
    assert "AssessPrepXBlock" in start_screen.content.decode()
    assert not shows(start_screen)
    wrong = "0000" if session.live_code != "0000" else "0001"
    assert browser.verify(district.block, wrong).status_code == 403
    assert browser.verify(district.block, session.live_code).status_code == 200
    assert browser.state["status"] == "joined"
    assert refused(browser.page(choice))
    assert refused(browser.handler(choice, "problem_get"))

    assert browser.start().status_code == 200
    page = browser.page(district.block)
    assert page.status_code == 200
    # Each question comes by its own handler, as in every unit; its page is there too.
    assert 'data-item="' + choice.block_id in page.content.decode()
    for position, key in enumerate(district.keys()):
        assert TEXTS[position] in browser.handler(key, "problem_get").json()["html"]
    assert refused(browser.handler(choice, "problem_check", district.answers(0)))
    assert refused(browser.handler(choice, "problem_show"))

    for position, (key, value) in enumerate(((choice, None), (number, "13"), (text, None))):
        assert browser.save(key.block_id, district.answers(position, value)).status_code == 200
    assert browser.submit().status_code == 200
    assert browser.call("GET", f"attempts/{browser.state['attempt']}").json()["status"] == "submitted"

    # Scored, and nowhere in the LMS: a native score would tell before the teacher does.
    attempt = Attempt.objects.get(learner=ada)
    assert (attempt.earned, attempt.possible, attempt.scoring) == (3.0, 4.0, "scored")
    assert district.stored(ada) == {}
    assert district.subsection(ada) == (0.0, 4.0)
    assert refused(browser.page(choice))
    assert refused(browser.handler(choice, "problem_check", district.answers(0)))

    staff = Browser(district.staff)
    assert staff.call("POST", f"sessions/{session.uuid}/release", {}).status_code == 200
    attempt.refresh_from_db()
    assert attempt.handin == "done"
    assert district.stored(ada) == {choice.block_id: 1.0, number.block_id: 0.0, text.block_id: 1.0}
    assert district.subsection(ada) == (3.0, 4.0)
    # What the platform keeps of it is what one submission by the learner would have left: a rescore reads it.
    state = edx.EdxWorld().user_state(choice, ada.pk)
    assert state["attempts"] == 1
    for name in ("student_answers_history", "correct_map_history", "score_history"):
        assert len(state[name]) == 1, name
    # Handed in is handed in.
    assert refused(browser.handler(number, "problem_check", district.answers(1)))
    assert refused(browser.handler(number, "problem_reset"))
    assert district.subsection(ada) == (3.0, 4.0)


def test_the_unit_in_the_learning_mfe_s_frame_holds_the_start_screen_and_then_the_questions(district, ada):
    session = district.session("Monday, room 12")
    browser, unit = Browser(ada), get_lms().unit_place(district.block).usage_key
    # As the MFE asks for it, and as it hands the frame's size and access on.
    framed = f"/xblock/{unit}?show_title=0&show_bookmark_button=0&recheck_access=1&view=student_view"
    before = browser.client.get(framed)
    assert before.status_code == 200
    assert "X-Frame-Options" not in before.headers
    assert before.content.decode().count('data-init="AssessPrepXBlock"') == 1
    assert not shows(before)
    browser.verify(district.block, session.live_code)
    browser.start()
    during = browser.client.get(framed).content.decode()
    assert [during.count(f'data-item="{one.usage_key.block_id}') for one in district.questions] == [1, 1, 1]


def test_the_doors_of_a_question_from_no_attempt_to_results_released(district, ada):
    session = district.session("Monday, room 12", release="manual")
    browser, staff = Browser(ada), district.staff.pk

    def act(deed, **more):
        deed(session_id=session.pk, by=staff, attempts="all", now=timezone.now(), **more)

    found = {"no attempt": open_doors(district, ada)}
    browser.verify(district.block, session.live_code)
    found["joined"] = open_doors(district, ada)
    browser.start()
    found["in progress"] = open_doors(district, ada)
    act(monitoring.pause, reason="")
    found["held"] = open_doors(district, ada)
    act(monitoring.resume, reason="")
    browser.save(district.keys()[0].block_id, district.answers(0))
    browser.submit()
    found["submitted"] = open_doors(district, ada)
    Browser(district.staff).call("POST", f"sessions/{session.uuid}/release", {})
    found["released"] = open_doors(district, ada)
    assert found == {
        "no attempt": set(),
        "joined": set(),
        "in progress": READS,
        "held": set(),
        "submitted": set(),
        "released": set(),
    }
    assert district.subsection(ada) == (2.0, 4.0)


def test_the_doors_of_a_question_when_the_test_was_ended_and_when_answers_are_shown(district, ada):
    session = district.session("Monday, room 12", show_answers=True)
    browser = Browser(ada)
    browser.verify(district.block, session.live_code)
    browser.start()
    browser.save(district.keys()[0].block_id, district.answers(0))
    monitoring.end(session_id=session.pk, by=district.staff.pk, attempts="all", reason="", now=timezone.now())
    assert browser.call("GET", f"attempts/{browser.state['attempt']}").json()["status"] == "ended"
    assert open_doors(district, ada) == set()
    browser.submit()
    assert open_doors(district, ada) == READS | {"show"}
    assert district.subsection(ada) == (2.0, 4.0)


def test_who_is_not_in_the_run_finds_every_door_closed(district, ada):
    district.session("Monday, room 12")
    assert open_doors(district, edx.make_user("outsider")) == set()


def test_the_bank_s_own_questions_are_closed_to_learners(district, ada):
    from common.djangoapps.student.models import CourseEnrollment
    from xmodule.modulestore.django import modulestore

    CourseEnrollment.enroll(ada, district.bank)
    source = modulestore().get_item(district.placement.version.assessment.usage_key)
    browser = Browser(ada)
    for key in source.children:
        assert refused(browser.page(key))
        assert refused(browser.handler(key, "problem_get"))
        assert refused(browser.handler(key, "problem_check", {edx.input_name(key): "choice_0"}, noauth=True))


def test_in_practice_each_question_is_checked_by_the_platform_at_once(district, ada):
    session = district.session("Practice", checking="as_you_go")
    browser = Browser(ada)
    browser.verify(district.block, session.live_code)
    assert refused(browser.handler(district.keys()[0], "problem_check", district.answers(0)))
    browser.start()
    checked = browser.handler(district.keys()[0], "problem_check", district.answers(0))
    assert checked.json()["success"] == "correct"
    assert district.subsection(ada) == (2.0, 4.0)
    browser.submit()
    assert refused(browser.handler(district.keys()[1], "problem_check", district.answers(1)))
    assert district.subsection(ada) == (2.0, 4.0)


def test_staff_who_view_the_course_as_a_learner_meet_the_closed_door(district, ada):
    browser = Browser(district.staff)
    url = reverse("masquerade_update", kwargs={"course_key_string": str(district.school)})
    answer = browser.client.post(url, json.dumps({"role": "student"}), content_type="application/json")
    assert answer.json()["success"]
    assert refused(browser.page(district.keys()[0]))
    assert refused(browser.handler(district.keys()[0], "problem_get"))
    browser.client.post(url, json.dumps({"role": "staff"}), content_type="application/json")
    assert shows(browser.handler(district.keys()[0], "problem_get"))


def test_course_staff_see_the_questions(district):
    browser = Browser(district.staff)
    assert browser.page(district.block).status_code == 200
    assert shows(browser.handler(district.keys()[0], "problem_get"))


def test_two_classes_in_two_sessions_meet_only_their_own(district):
    class_a, class_b = edx.make_cohorts(district.school, "7A", "7B")
    ben = edx.make_learner(district.school, "ben", cohort=class_a)
    cleo = edx.make_learner(district.school, "cleo", cohort=class_b)
    first = district.session("7A", roster={"everyone": False, "classes": [class_a.pk]})
    second = district.session("7B", roster={"everyone": False, "classes": [class_b.pk]})
    assert Browser(ben).verify(district.block, second.live_code).status_code == 403
    assert Browser(ben).verify(district.block, first.live_code).json()["session"] == "7A"
    assert Browser(cleo).verify(district.block, second.live_code).json()["session"] == "7B"


def test_who_closes_the_lid_is_handed_in_by_the_clock(district, ada):
    session = district.session("Monday, room 12", duration_s=60, network_grace_s=0)
    browser = Browser(ada)
    browser.verify(district.block, session.live_code)
    browser.start()
    browser.save(district.keys()[0].block_id, district.answers(0))
    # No request, no page, no learner: a task that runs when the time is over.
    actions_settle.settle(session_id=session.pk, now=timezone.now() + timedelta(minutes=5))
    assert Attempt.objects.get(learner=ada).status == "submitted"
    assert district.subsection(ada) == (2.0, 4.0)


def test_a_unit_that_was_hidden_after_the_test_costs_nobody_an_answer(district, ada):
    from xmodule.modulestore import ModuleStoreEnum
    from xmodule.modulestore.django import modulestore

    session = district.session("Monday, room 12", release="manual")
    browser = Browser(ada)
    browser.verify(district.block, session.live_code)
    browser.start()
    browser.save(district.keys()[0].block_id, district.answers(0))
    browser.submit()
    store = modulestore()
    with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, district.school):
        unit = store.get_item(store.get_item(district.block).parent)
        unit.visible_to_staff_only = True
        store.update_item(unit, district.staff.pk)
        store.publish(unit.location, district.staff.pk)
    assert not get_lms().unit_place(district.block).visible_to_students
    Browser(district.staff).call("POST", f"sessions/{session.uuid}/release", {})
    assert Attempt.objects.get(learner=ada).handin == "done"
    assert district.stored(ada) == {district.keys()[0].block_id: 1.0}


def test_the_attempt_stands_in_the_learner_s_state_of_the_block(district, ada):
    session = district.session("Monday, room 12")
    browser = Browser(ada)
    browser.verify(district.block, session.live_code)
    state = edx.EdxWorld().user_state(district.block, ada.pk)
    assert state == {"attempt_id": browser.state["attempt"]}


def test_the_learning_mfe_and_the_lms_show_the_tab(district, ada):
    url = reverse("course-home:course-metadata", args=[district.school])
    for user in (ada, district.staff):
        tabs = {tab["tab_id"]: tab["url"] for tab in Browser(user).client.get(url).json()["tabs"]}
        assert tabs["assessprep"].endswith(f"/assessprep/courses/{district.school}/")
    assert ("Common Assessments", f"/assessprep/courses/{district.school}/") in get_lms().course_tabs(
        ada.pk, district.school
    )


@pytest.mark.parametrize("name", ["course", "sessions", "session", "monitor", "grade", "library"])
def test_pages_stand_in_the_lms_s_own_shell(district, ada, name):
    session = district.session("Monday, room 12")
    run, one = {"course_id": str(district.school)}, {"session_uuid": session.uuid}
    named = {"course": run, "sessions": run, "session": one, "monitor": one, "grade": one, "library": {}}[name]
    answer = Browser(district.staff).client.get(reverse(f"assessprep:{name}", kwargs=named))
    assert answer.status_code == 200
    assert '<html lang="' in answer.content.decode()
    assert "global-header" in answer.content.decode()
