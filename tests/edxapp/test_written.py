"""A written response on a real edx-platform: from the student's page through the rubric to the gradebook."""

from __future__ import annotations

import pytest

from tests.edxapp import only_in

only_in("lms")

from django.utils import timezone

from assessprep_xblock.domain.grading.queries_submission import submission
from tests.edxapp.district import Browser
from tests.edxapp.every_door import refused
from tests.edxapp.platform_numbers import course_percent, gradebook, override
from tests.lms import edxapp_world as edx

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

TEXT = "Because of <b>gravity</b>.\n\nNewton said so."


def mark(district, attempt: str, position: int, **given):
    found = submission(attempt_uuid=attempt, user_id=district.staff.pk, now=timezone.now()).questions[position]
    body = {"version": found.version, "comment": "", "reason": "", **given}
    return Browser(district.staff).call("PUT", f"attempts/{attempt}/marks/{found.item}", body)


def test_an_essay_is_written_marked_with_its_rubric_released_and_counted(writing):
    district = writing
    ada = edx.make_learner(district.school, "ada")
    session = district.session("Monday, room 12", release="manual")
    browser, essay = Browser(ada), district.keys()[3]
    name = f"input_{essay.block_id}_2_1"
    browser.verify(district.block, session.live_code)
    assert refused(browser.page(essay))
    browser.start()
    assert 'data-item="' + essay.block_id in browser.page(district.block).content.decode()
    page = browser.page(essay).content.decode()
    for seen in ("Why do things fall?", "Argument", f'name="{name}"'):
        assert seen in page
    assert browser.save(district.keys()[0].block_id, district.answers(0)).status_code == 200
    assert browser.save(essay.block_id, {name: "Because"}, 1).status_code == 200
    assert browser.save(essay.block_id, {name: TEXT}, 2).status_code == 200
    assert edx.EdxWorld().user_state(essay, ada.pk).get("answer", "") == ""
    assert browser.submit().status_code == 200
    attempt = browser.state["attempt"]

    waiting = Browser(district.staff).call("GET", f"sessions/{session.uuid}/grades").json()["results"][0]
    assert (waiting["status"], waiting["to_mark"], waiting["earned"]) == ("partly", 1, None)
    told = mark(district, attempt, 3, points=5, criteria={"1": 3.5, "2": 1.5}, comment="Well argued.").json()
    assert (told["total"]["earned"], told["total"]["possible"]) == (7.0, 10.0)
    assert district.stored(ada) == {}

    Browser(district.staff).call("POST", f"sessions/{session.uuid}/release", {})
    assert district.stored(ada)[essay.block_id] == 5.0
    assert district.subsection(ada) == (7.0, 10.0)
    assert gradebook(district) == {"ada": 7.0}
    assert course_percent(district, ada) == 0.7
    state = edx.EdxWorld().user_state(essay, ada.pk)
    assert (state["answer"], state["handed_in"], state["raw_score"]["earned"]) == (TEXT, True, 5.0)
    mine = browser.call("GET", f"attempts/{attempt}").json()
    assert (mine["receipt"]["score"], mine["results"][3]["comment"]) == ({"earned": 7.0, "possible": 10.0}, "Well argued.")
    # The staff's own view of the student's work shows the text as text.
    read = Browser(district.staff).client.get(f"/assessprep/attempts/{attempt}/").content.decode()
    assert "&lt;b&gt;gravity" in read

    # A mark corrected later, and one overridden by the platform's own tool, are the gradebook's and Grade's at once.
    mark(district, attempt, 3, points=6, criteria={"1": 4, "2": 2}, reason="Second reading")
    assert district.subsection(ada) == (8.0, 10.0)
    override(district, ada, 3, 3)
    row = Browser(district.staff).call("GET", f"sessions/{session.uuid}/grades").json()["results"][0]
    assert row["earned"] == district.subsection(ada)[0] == 5.0
