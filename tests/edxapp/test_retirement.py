"""Retiring an account by the platform's own pipeline: nothing personal is left, asked of every column of every table."""

from __future__ import annotations

import pytest

from tests.edxapp import only_in

only_in("lms")

import json

from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from openedx.core.djangoapps.oauth_dispatch.jwt import create_jwt_for_user
from openedx.core.djangoapps.user_api.accounts.tests.retirement_helpers import create_retirement_status
from openedx.core.djangoapps.user_api.models import RetirementState

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.shared import sealing
from tests.edxapp.district import Browser
from tests.lms import edxapp_world as edx
from tests.retiring import MARK, fill_every_table, left_of, without_a_row

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def pipeline(district, learner) -> None:
    """The two calls that the retirement pipeline makes to the LMS for this account, as its worker makes them."""
    state, _made = RetirementState.objects.get_or_create(
        state_name="RETIRING_LMS", defaults={"state_execution_order": 160, "is_dead_end_state": False, "required": False}
    )
    RetirementState.objects.get_or_create(
        state_name="PENDING", defaults={"state_execution_order": 1, "is_dead_end_state": False, "required": True}
    )
    create_retirement_status(learner, state=state)
    worker = get_user_model().objects.get(pk=edx.make_user("worker", is_staff=True, is_superuser=True).pk)
    token = {"HTTP_AUTHORIZATION": f"JWT {create_jwt_for_user(worker)}"}
    for step in ("retire_misc", "retire"):
        body = json.dumps({"username": "ada"})
        answer = Client().post(f"/api/user/v1/accounts/{step}/", body, content_type="application/json", **token)
        assert answer.status_code == 204, (step, answer.content)


def test_the_platform_s_retirement_leaves_no_word_of_a_person_in_any_column_of_ours(district, ada):
    ben = edx.make_learner(district.school, "ben")
    session = district.session("Monday, room 12")
    browsers = [district.working(learner, session) for learner in (ada, ben)]
    text = district.keys()[2]
    for browser in browsers:
        assert browser.save(text.block_id, district.answers(2, MARK)).status_code == 200
    attempts = {one.learner_id: one for one in Attempt.objects.all()}
    monitoring.pause(
        session_id=session.pk, by=district.staff.pk, attempts=[attempts[ada.pk].uuid], reason=MARK, now=timezone.now()
    )
    for browser in browsers:
        browser.submit()
    sealing.seal(session_id=session.pk, now=timezone.now())
    fill_every_table(session, ada.pk, attempts[ada.pk])
    assert without_a_row(ada.pk) == []
    assert left_of(ada.pk) != []

    pipeline(district, ada)

    assert left_of(ada.pk) == []
    assert without_a_row(ada.pk) == []
    retired = get_user_model().objects.get(pk=ada.pk)
    assert retired.username.startswith("retired__")
    rows = Browser(district.staff).call("GET", f"sessions/{session.uuid}/grades")
    assert "Lovelace" not in rows.content.decode()
    assert Attempt.objects.get(learner=ben).drafts.get(question__usage_key=text).values == district.answers(2, MARK)
    assert [one.ok for one in sealing.verify([session.pk])] == [True]
