"""Grade and Analyse against the platform's own numbers, and what it tells before a release, on a real edx-platform."""

from __future__ import annotations

import pytest

from tests.edxapp import only_in

only_in("lms")

from assessprep_xblock.domain.attempts.models import Attempt
from tests.edxapp.district import Browser
from tests.edxapp.every_door import refused
from tests.edxapp.platform_numbers import course_percent, gradebook, override, progress, rescore
from tests.lms import edxapp_world as edx

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

#: What each learner answers; None: leaves it empty. Points: 4, 2, 1, 0 of 4.
CLASS = {
    "ada": (None, None, None),
    "ben": ("choice_0", "13", "metre"),
    "cleo": ("choice_1", "12", ""),
    "dan": ("choice_1", "13", "metre"),
}
POINTS = {"ada": 4.0, "ben": 2.0, "cleo": 1.0, "dan": 0.0}


def take(district, session, name: str, learner) -> Browser:
    browser = Browser(learner)
    assert browser.verify(district.block, session.live_code).status_code == 200
    browser.start()
    for position, key in enumerate(district.keys()):
        if CLASS[name][position] != "":
            saved = browser.save(key.block_id, district.answers(position, CLASS[name][position]))
            assert saved.status_code == 200
    assert browser.submit().status_code == 200
    return browser


def grades(district, session) -> dict[str, dict]:
    told = Browser(district.staff).call("GET", f"sessions/{session.uuid}/grades").json()
    return {row["username"]: row for row in told["results"]}


def test_a_class_from_hidden_results_to_grade_and_analyse_in_the_platform_s_own_numbers(district):
    learners = {name: edx.make_learner(district.school, name) for name in CLASS}
    session = district.session("Monday, room 12", release="manual")
    room = {name: take(district, session, name, learner) for name, learner in learners.items()}

    # Handed in and scored; the platform knows nothing of it, whoever asks it.
    assert {name: row["earned"] for name, row in grades(district, session).items()} == POINTS
    for name, browser in room.items():
        shown = progress(browser.user, district)
        assert (shown["num_points_earned"], shown["percent_graded"]) == (0.0, 0.0), name
        assert [one["earned"] for one in shown["problem_scores"]] == [0.0, 0.0, 0.0]
        mine = browser.client.get(f"/api/grades/v1/courses/{district.school}/", {"username": name}).json()
        assert mine[0]["percent"] == 0.0
        history = f"/courses/{district.school}/submission_history/{name}/{district.keys()[0]}"
        assert refused(browser.client.get(history))
    assert set(gradebook(district).values()) == {0.0}

    assert Browser(district.staff).call("POST", f"sessions/{session.uuid}/release", {}).json() == {"released": 4}
    assert gradebook(district) == POINTS
    for name, browser in room.items():
        row = grades(district, session)[name]
        assert (row["earned"], row["possible"]) == district.subsection(browser.user) == (POINTS[name], 4.0)
        assert course_percent(district, browser.user) == round(POINTS[name] / 4, 2) == row["percent"] / 100
        assert progress(browser.user, district)["num_points_earned"] == POINTS[name]

    # Analyse: from the answers that were really given.
    uuid = district.placement.version.assessment.uuid
    told = Browser(district.staff).call("GET", f"assessments/{uuid}/analysis?view=school").json()
    assert (told["state"], told["students"], told["test"]["mean"]["value"], told["test"]["highest"]) == (
        "ready",
        4,
        7 / 4,
        4.0,
    )
    assert [one["facility"]["value"] for one in told["questions"]] == [2 / 4, 2 / 4, 1 / 4]
    assert [one["omitted"]["value"] for one in told["questions"]] == [0.0, 0.0, 1 / 4]
    choice = {one["text"]: one["count"] for one in told["questions"][0]["parts"][0]["options"]}
    assert choice == {"A push or a pull": 2, "A kind of energy": 2, "": 0}


def test_a_score_that_staff_override_or_rescore_in_the_instructor_dashboard_is_the_one_in_grade(district, ada):
    session = district.session("Monday, room 12")
    browser = district.working(ada, session)
    # While the test runs there is no answer yet that the platform could have scored: the hand-in decides.
    browser.handler(district.keys()[0], "problem_get")
    override(district, ada, 0, 0.5)
    rescore(district, ada, 0)
    assert browser.submit().status_code == 200
    assert grades(district, session)["ada"]["earned"] == district.subsection(ada)[0] == 2.0
    # Afterwards the platform's word counts, in both places.
    # (It takes an override for a part of the question's own score: half of one with a weight of two is one point.)
    override(district, ada, 0, 0.5)
    assert grades(district, session)["ada"]["earned"] == district.subsection(ada)[0] == gradebook(district)["ada"] == 1.0
    override(district, ada, 1, 1)
    assert grades(district, session)["ada"]["earned"] == district.subsection(ada)[0] == 2.0
    rescore(district, ada, 0)
    assert grades(district, session)["ada"]["earned"] == district.subsection(ada)[0] == 3.0
    attempt = Attempt.objects.get(learner=ada)
    assert (attempt.earned, attempt.handin) == (3.0, "done")
    log = Browser(district.staff).call("GET", f"attempts/{attempt.uuid}/log").json()
    assert "platform_score" in str(log)


def test_a_score_overridden_before_the_release_gives_way_to_the_release_in_both_places(district, ada):
    session = district.session("Monday, room 12", release="manual")
    browser = district.working(ada, session)
    browser.handler(district.keys()[0], "problem_get")
    browser.submit()
    override(district, ada, 0, 0.5)
    assert grades(district, session)["ada"]["earned"] == 2.0
    Browser(district.staff).call("POST", f"sessions/{session.uuid}/release", {})
    assert grades(district, session)["ada"]["earned"] == district.subsection(ada)[0] == 2.0


def test_a_class_list_of_names_and_addresses_becomes_the_roster_of_a_session(district, ada):
    ben = edx.make_learner(district.school, "ben")
    edx.make_user("outsider")
    pasted = f"ada\n{ben.email.upper()}\noutsider\nnobody\nada"
    listed = Browser(district.staff).call("POST", f"courses/{district.school}/learners/listed", {"text": pasted}).json()
    assert {one["username"] for one in listed["results"]} == {"ada", "ben"}
    assert sorted(one["what"] for one in listed["wrong"]) == ["not_enrolled", "twice", "unknown"]
    ids = [one["id"] for one in listed["results"]]
    session = district.session("Monday, room 12", roster={"everyone": False, "students": ids})
    cleo = edx.make_learner(district.school, "cleo")
    assert Browser(cleo).verify(district.block, session.live_code).status_code == 403
    for learner in (ada, ben):
        browser = district.working(learner, session)
        assert browser.submit().status_code == 200
        assert district.subsection(learner) == (2.0, 4.0)
