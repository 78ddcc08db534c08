"""Chapter 4 of the guide, sentence by sentence: students, session codes, and the way into the test."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessprep_xblock.domain.attempts import actions_answers, actions_running, actions_settle, queries
from assessprep_xblock.domain.attempts.devices import Device
from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt, AttemptArchive, ContactGap
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.monitoring import actions_back, actions_begin
from assessprep_xblock.domain.sessions import actions_life
from assessprep_xblock.domain.sessions.models import AssessmentSession
from assessprep_xblock.domain.shared.refusals import Refusal
from assessprep_xblock.lms import get_lms
from tests.spelled import spells
from tests.tables import rows_of
from tests.world import Page, World, begun, delivered, entered

pytestmark = pytest.mark.django_db(transaction=True)


def code_of(answer) -> str:
    return answer.json()["code"]


# -- How Session Codes Work --------------------------------------------------------------------------------------------
def test_each_session_has_a_unique_4_digit_code_and_different_sessions_have_different_ones():
    world = delivered(timezone.now())
    codes = {world.session.live_code, *(world.add_session(name).live_code for name in ("Tuesday", "Wednesday"))}
    assert len(codes) == 3
    assert all(len(code) == 4 and code.isdigit() for code in codes)


def test_the_code_is_displayed_on_the_session_management_screen_and_nowhere_before_it_is_shared():
    world = delivered(timezone.now())
    staff, student = Page(world.staff), Page(world.learners[0])
    shown = staff.client.get(reverse("assessprep:session", args=[world.session.uuid]))
    assert spells(shown.content.decode(), world.session.live_code)
    mine = student.call("GET", "me/sessions").content.decode()
    assert not spells(mine, world.session.live_code)


# -- Student Login Process ---------------------------------------------------------------------------------------------
def test_a_student_enters_the_code_verifies_it_and_can_begin_the_test():
    world = delivered(timezone.now())
    page = Page(world.learners[0])
    assert page.call("GET", f"me/attempt?placement={quote(str(world.usage_key))}").status_code == 404
    assert page.verify(world).json()["status"] == "joined"
    assert page.start().json()["status"] == "in_progress"


def test_a_code_typed_on_a_keyboard_of_another_script_is_the_same_code():
    world = delivered(timezone.now())
    AssessmentSession.objects.filter(pk=world.session.pk).update(live_code="0427")
    assert Page(world.learners[0]).verify(world, "٠٤ ٢٧").json()["status"] == "joined"
    assert code_of(Page(world.learners[1]).verify(world, "٠٤٢٨")) == "code_wrong"
    assert Page(world.learners[1]).verify(world, "04-27").json()["status"] == "joined"


def test_why_cannot_i_start_is_answered_gate_by_gate_and_tells_only_of_oneself():
    now = timezone.now()
    world = delivered(now, opens_at=(now + timedelta(minutes=5)).isoformat())
    page, ask = Page(world.learners[0]), f"placements/{world.usage_key}/entry"
    told = page.call("GET", ask).json()
    assert told["code_needed"] is True
    assert [(gate["gate"], gate["ok"]) for gate in told["gates"]][-1] == ("joined", False)
    page.verify(world)
    told = page.call("GET", ask).json()["gates"]
    assert (told[-1]["gate"], told[-1]["ok"]) == ("window", False)
    stranger = Page(world.author).call("GET", ask).json()
    assert [gate["gate"] for gate in stranger["gates"]] == ["enrolled"]


def test_without_a_code_who_is_on_the_list_enters_by_a_button_and_others_still_need_it():
    world = delivered(timezone.now(), code_required=False)
    page, path = Page(world.learners[0]), f"placements/{world.usage_key}"
    assert page.call("GET", f"{path}/entry").json()["code_needed"] is False
    assert page.call("POST", f"{path}/enter", {}).json()["status"] == "joined"
    assert page.call("POST", f"{path}/enter", {}).json()["status"] == "joined"
    assert Attempt.objects.count() == 1
    assert code_of(Page(world.author).call("POST", f"{path}/enter", {})) == "not_enrolled"
    # Two such sessions: nobody can know which one is meant.
    world.add_session("Tuesday", code_required=False)
    assert code_of(Page(world.learners[1]).call("POST", f"{path}/enter", {})) == "code_needed"


def test_where_the_invigilator_starts_nobody_begins_before_and_everybody_can_after():
    world = delivered(timezone.now(), start="invigilator")
    page = entered(world)
    assert page.state["begun"] is False
    assert code_of(page.start()) == "not_begun"
    actions_begin.begin(session_id=world.session.pk, by=world.staff.pk, now=timezone.now())
    assert page.beat().json()["begun"] is True
    assert page.start().status_code == 200
    with pytest.raises(Refusal) as twice:
        actions_begin.begin(session_id=world.session.pk, by=world.staff.pk, now=timezone.now())
    assert twice.value.code == "already_begun"


def test_who_comes_after_the_last_entry_cannot_start_and_a_pause_moves_that_limit():
    now = timezone.now()
    world = delivered(now, learners=2, opens_at=(now - timedelta(minutes=3)).isoformat(), last_entry_s=240)
    one, two = (entered(world, learner) for learner in (0, 1))
    assert one.start().status_code == 200
    late = now + timedelta(minutes=2)
    start = {"by": world.learners[1].pk, "attempt_uuid": two.state["attempt"]}
    with pytest.raises(Refusal) as refused:
        actions_running.start(**start, now=late)
    assert refused.value.code == "too_late_to_start"
    monitoring.pause(session_id=world.session.pk, by=world.staff.pk, attempts="all", reason="", now=now)
    monitoring.resume(session_id=world.session.pk, by=world.staff.pk, attempts="all", reason="", now=late)
    assert actions_running.start(**start, now=late).attempt.status == "in_progress"


def test_from_outside_the_school_s_networks_nobody_enters_or_starts():
    world = delivered(timezone.now(), ip_allow_list=["192.0.2.0/24"])
    page = Page(world.learners[0])
    assert code_of(page.verify(world)) == "wrong_network"
    assert Attempt.objects.count() == 0
    page.client.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert page.verify(world).status_code == 200
    page.client.defaults["REMOTE_ADDR"] = "198.51.100.7"
    assert code_of(page.start()) == "wrong_network"


def at_home(page: Page) -> None:
    page.client.defaults["REMOTE_ADDR"] = "198.51.100.7"


def in_school(page: Page) -> None:
    page.client.defaults["REMOTE_ADDR"] = "192.0.2.7"


def test_who_carries_the_laptop_home_sees_no_question_loses_no_answer_and_is_let_back_by_staff():
    world = delivered(timezone.now(), learners=1, ip_allow_list=["192.0.2.0/24"])
    page, staff = Page(world.learners[0]), Page(world.staff)
    in_school(page)
    page.verify(world), page.start()
    address = f"attempts/{page.state['attempt']}"
    unit = get_lms().unit_urls([world.usage_key])[world.usage_key]
    assert "What is a force" in page.client.get(unit).content.decode()
    page.beat()
    with CaptureQueriesContext(connection) as asked:
        assert page.beat().status_code == 204
    assert not [one for one in asked if "assessprep_attempt" in one["sql"]], "where nobody moved nothing is read"
    at_home(page)
    assert "What is a force" not in page.client.get(unit).content.decode()
    told = page.call("GET", address).json()
    assert (told["waits"], told["outside"]) == (True, True)
    assert Attempt.objects.get().outside == "", "who only reads changes nothing"
    assert page.save(world.questions[0].item, world.answers(0)).status_code == 200, "what was typed is kept"
    assert code_of(page.submit()) == "wrong_network"
    assert page.beat().json()["outside"] is True
    assert page.beat().status_code == 204, "what is known is not asked again"
    found = staff.call("GET", f"sessions/{world.session.uuid}/monitor").json()
    row = rows_of(found)[0]
    assert (row["away"], row["outside"]) == (True, True)
    log = staff.call("GET", f"{address}/log").json()["events"]
    assert "Student 1 left the allowed networks and waits to be let back." in [one["words"] for one in log]
    why = staff.call("GET", f"sessions/{world.session.uuid}/why/{world.learners[0].pk}").json()["gates"]
    assert next((one["gate"], one["fix"]) for one in why if not one["open"]) == ("inside", "let-back")
    # Back by herself she waits, too; and let back she may sit anywhere.
    in_school(page)
    assert page.beat().json()["waits"] is True
    assert code_of(page.submit()) == "away_too_long"
    body = {"attempts": [page.state["attempt"]]}
    assert staff.call("POST", f"sessions/{world.session.uuid}/let-back", body).status_code == 200
    at_home(page)
    told = page.beat(notice_no=0).json()
    assert (told["waits"], told["outside"]) == (False, False)
    assert "What is a force" in page.client.get(unit).content.decode()
    assert page.beat().status_code == 204
    assert page.submit().status_code == 200
    assert Attempt.objects.get().answered == 1


def test_who_comes_late_reads_what_was_announced_with_the_answer_to_the_code():
    world = delivered(timezone.now(), waiting_room=True)
    assert "announcements" not in entered(world).state, "nothing can have been said: nothing is looked for"
    said = {"session_id": world.session.pk, "attempts": "all", "by": world.staff.pk, "now": timezone.now()}
    monitoring.announce(**said, request_id=uuid4(), text="Leave your bags outside.", acknowledge=False)
    late = entered(world, 1)
    assert [one["text"] for one in late.state["announcements"]] == ["Leave your bags outside."]
    assert late.beat().status_code == 204, "and no heartbeat would have told it"


def test_who_has_handed_in_only_listens_and_hears_of_a_reopening_with_the_next_heartbeat():
    world = delivered(timezone.now(), learners=1)
    page = begun(world)
    page.beat()
    page.submit()
    Attempt.objects.update(last_seen_at=timezone.now() - timedelta(hours=1))
    cache.clear()
    seen = Attempt.objects.get().last_seen_at
    assert page.beat(handed_in=True).status_code == 204
    assert Attempt.objects.get().last_seen_at == seen
    assert not ContactGap.objects.exists(), "who has handed in owes no sign of life"
    with CaptureQueriesContext(connection) as asked:
        assert page.beat(handed_in=True).status_code == 204
    assert not [one for one in asked if "assessprep" in one["sql"]], "listening costs nothing of ours"
    about = {"session_id": world.session.pk, "by": world.staff.pk, "now": timezone.now(), "reason": "fire drill"}
    monitoring.reopen(**about, attempts=[Attempt.objects.get().uuid], seconds=600)
    assert page.beat(handed_in=True).json()["status"] == "in_progress"


def test_networks_that_are_named_in_mid_test_hold_for_who_works_already():
    world = delivered(timezone.now(), learners=1)
    page = begun(world)
    assert page.beat().status_code == 204
    AssessmentSession.objects.filter(pk=world.session.pk).update(overrides={"ip_allow_list": ["192.0.2.0/24"]})
    # As a change of settings does it: the next heartbeat of everybody reads the state again.
    assert page.beat(notice_no=0).json()["outside"] is True
    assert page.beat().json()["waits"] is True
    assert Attempt.objects.get().outside == "waits"


def test_an_honesty_statement_has_to_be_agreed_to_and_when_is_kept():
    world = delivered(timezone.now(), honesty="I work alone.")
    page = entered(world)
    assert code_of(page.start()) == "honesty_needed"
    assert page.call("POST", f"attempts/{page.state['attempt']}/start", {"agreed": "yes"}).status_code == 409
    assert page.call("POST", f"attempts/{page.state['attempt']}/start", {"agreed": True}).status_code == 200
    assert Attempt.objects.get().honesty_at is not None


# -- while it runs -----------------------------------------------------------------------------------------------------
def test_who_has_to_submit_stays_ended_when_the_time_is_over_and_submits_in_the_grace_only():
    now = timezone.now()
    world = delivered(now, learners=2, on_expiry="must_submit", duration_s=60, end_grace_s=60, network_grace_s=0)
    pages = [begun(world, learner) for learner in (0, 1)]
    over = timezone.now() + timedelta(seconds=90)
    actions_settle.settle(session_id=world.session.pk, now=over)
    assert set(Attempt.objects.values_list("status", "end_reason")) == {("ended", "clock")}
    assert world.reload().n_ended == 2
    first, second = (page.state["attempt"] for page in pages)
    assert actions_running.submit(attempt_uuid=first, by=world.learners[0].pk, now=over).attempt.status == "submitted"
    with pytest.raises(Refusal) as late:
        actions_running.submit(attempt_uuid=second, by=world.learners[1].pk, now=over + timedelta(minutes=5))
    assert late.value.code == "grace_over"
    actions_settle.settle(session_id=world.session.pk, now=over + timedelta(hours=5))
    assert world.reload().n_ended == 1
    monitoring_submit = {"session_id": world.session.pk, "by": world.staff.pk, "attempts": [second], "reason": "r"}
    monitoring.submit(**monitoring_submit, now=over + timedelta(hours=5))
    assert world.reload().n_submitted == 2


def test_shuffled_questions_stand_in_an_order_of_each_student_s_own_that_never_changes():
    world = delivered(timezone.now(), learners=8, order="shuffled")
    orders = []
    for learner in range(8):
        page = begun(world, learner)
        path = f"attempts/{page.state['attempt']}"
        mine = [one["item"] for one in page.call("GET", path).json()["questions"]]
        assert mine == [one["item"] for one in page.call("GET", path).json()["questions"]]
        orders.append(tuple(mine))
    assert {frozenset(order) for order in orders} == {frozenset(question.item for question in world.questions)}
    assert len(set(orders)) > 1


def test_forward_only_a_question_that_was_left_is_not_changed_any_more():
    world = delivered(timezone.now(), navigation="forward")
    page = begun(world)
    forward, first = f"attempts/{page.state['attempt']}/forward", world.questions[0].item
    assert page.save(first, world.answers(0)).status_code == 200
    assert page.call("POST", forward, {"passed": 1}).json() == {"passed": 1}
    assert code_of(page.save(first, world.answers(0, "choice_1"), revision=2)) == "question_left"
    assert page.save(world.questions[1].item, world.answers(1)).status_code == 200
    assert page.call("POST", forward, {"passed": 0}).json() == {"passed": 1}
    # Nobody leaves the last question.
    assert page.call("POST", forward, {"passed": 99}).json() == {"passed": 2}
    free = begun(delivered_again(world))
    assert code_of(free.call("POST", f"attempts/{free.state['attempt']}/forward", {"passed": 1})) == "invalid"


def delivered_again(world: World) -> World:
    world.session = world.add_session("Free")
    world.learners = world.learners[1:]
    return world


def test_questions_marked_for_review_are_marked_on_every_device():
    world = delivered(timezone.now())
    page = begun(world)
    path = f"attempts/{page.state['attempt']}"
    items = [world.questions[2].item, "of-nobody", world.questions[0].item]
    assert page.call("PUT", f"{path}/flags", {"items": items}).json()["flagged"] == [items[2], items[0]]
    assert page.call("GET", path).json()["flagged"] == [items[2], items[0]]


# -- coming back, and other devices --------------------------------------------------------------------------------------
def on_another_device(world: World, learner: int = 0) -> Page:
    page = Page(world.learners[learner])
    page.client.cookies["assessprep_device"] = "another-device-0001"
    page.client.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (iPad; CPU OS 17_0) Safari/605"
    page.call("GET", f"me/attempt?placement={quote(str(world.usage_key))}")
    return page


def test_a_second_device_is_noticed_whatever_the_session_says():
    world = delivered(timezone.now())
    page = begun(world)
    second = on_another_device(world)
    second.beat()
    attempt = Attempt.objects.get()
    assert attempt.device == page.client.cookies["assessprep_device"].value
    assert (attempt.other_device, attempt.other_device_label) == ("another-device-0001", "Safari, iPad")
    assert second.state["elsewhere"]["policy"] == "allow"
    # The first device hears of it with its next heartbeat, though nothing else is new; a page that knows asks no more of it.
    assert page.beat().json()["elsewhere"] == {"device": "Safari, iPad", "policy": "allow"}
    assert page.beat(beside=True).status_code == 204
    assert second.save(world.questions[0].item, world.answers(0)).status_code == 200


def test_where_the_second_device_takes_over_what_was_typed_before_on_the_first_is_still_kept():
    world = delivered(timezone.now(), second_device="move")
    first = begun(world)
    second = on_another_device(world)
    item, late = world.questions[0].item, world.questions[1].item
    body = {"values": world.answers(0), "revision": 1, "written_at": timezone.now().isoformat()}
    assert code_of(second.save(item, world.answers(0))) == "other_device"
    assert second.call("POST", f"attempts/{second.state['attempt']}/move-here", {}).json()["elsewhere"] is None
    assert first.call("PUT", f"attempts/{first.state['attempt']}/answers/{item}", body).status_code == 200
    assert code_of(first.save(late, world.answers(1))) == "other_device"
    assert second.save(late, world.answers(1)).status_code == 200
    assert first.call("GET", f"attempts/{first.state['attempt']}").json()["elsewhere"]["policy"] == "move"


def test_the_device_that_goes_on_hears_with_its_next_heartbeat_that_something_arrived_from_the_first_one():
    now = timezone.now()
    world = delivered(now, second_device="move")
    first = begun(world)
    second = on_another_device(world)
    second.call("POST", f"attempts/{second.state['attempt']}/move-here", {})
    second.beat(late=0)
    assert second.beat(late=0).status_code == 204, "nothing arrived yet"
    address = f"attempts/{first.state['attempt']}/answers/{world.questions[0].item}"
    body = {"values": world.answers(0), "revision": 1, "written_at": now.isoformat()}
    assert first.call("PUT", address, body).status_code == 200
    assert second.beat(late=0).json()["late"] == 1
    assert second.beat(late=1).status_code == 204, "what is known is not told again"
    cache.clear()
    assert second.beat(late=0).json()["late"] == 1, "the cache only saves a query"
    # What is saved where the test runs is nothing late.
    second.save(world.questions[1].item, world.answers(1))
    assert second.beat(late=1).status_code == 204


@pytest.mark.parametrize("policy", ["allow", "move"])
def test_an_old_device_that_comes_back_does_not_overwrite_what_was_written_later_on_another(policy):
    begin = timezone.now()
    world = delivered(begin, second_device=policy)
    first = begun(world)
    second = on_another_device(world)
    if policy == "move":
        second.call("POST", f"attempts/{second.state['attempt']}/move-here", {})
    item = world.questions[2].item
    address = f"attempts/{first.state['attempt']}/answers/{item}"

    def save(page, text, revision, written_at):
        body = {"values": world.answers(2, text), "revision": revision, "written_at": written_at.isoformat()}
        return page.call("PUT", address, body)

    # Each letter is a revision: the first device had many, all of them before the few of the second one.
    assert save(second, "later", 5, begin + timedelta(minutes=2)).status_code == 200
    stale = save(first, "earlier, and longer", 200, begin)
    assert code_of(stale) == "stale_draft"
    assert stale.json()["values"] == world.answers(2, "later"), "the page shows what counts"
    draft = AnswerDraft.objects.get()
    assert (draft.values, draft.revision) == (world.answers(2, "later"), 5)
    # On one device revisions alone count, whatever happens to its clock.
    assert save(second, "later still", 6, begin - timedelta(hours=1)).status_code == 200
    # And what is written later arrives, from whichever device it comes.
    if policy == "allow":
        assert save(first, "last", 201, begin + timedelta(minutes=3)).status_code == 200
        assert AnswerDraft.objects.get().values == world.answers(2, "last")


def test_where_a_second_device_is_refused_staff_let_go_of_the_first():
    world = delivered(timezone.now(), second_device="refuse")
    begun(world)
    second = on_another_device(world)
    move = f"attempts/{second.state['attempt']}/move-here"
    assert code_of(second.call("POST", move, {})) == "other_device"
    second.beat()
    staff = Page(world.staff)
    body = {"attempts": [second.state["attempt"]]}
    assert staff.call("POST", f"sessions/{world.session.uuid}/let-back", body).status_code == 200
    assert second.beat(notice_no=0).json()["elsewhere"] is None
    assert Attempt.objects.get().device == "another-device-0001"


def test_who_was_away_waits_to_be_let_in_again_where_the_session_asks_for_it():
    world = delivered(timezone.now(), learners=1, resume="leave")
    page = begun(world)
    page.beat()
    attempt = Attempt.objects.get()
    gone = timezone.now() - timedelta(minutes=10)
    Attempt.objects.filter(pk=attempt.pk).update(last_seen_at=gone)
    cache.clear()
    assert page.call("GET", f"attempts/{attempt.uuid}").json()["waits"] is True
    told = page.beat(notice_no=0).json()
    assert (told["waits"], told["status"]) == (True, "in_progress")
    assert ContactGap.objects.get().attempt_id == attempt.pk
    # What was typed before is still taken.
    assert page.save(world.questions[0].item, world.answers(0)).status_code == 200
    # But nothing is handed in, on whatever way.
    assert code_of(page.submit()) == "away_too_long"
    assert Attempt.objects.get().status == "in_progress"
    actions_back.let_back(session_id=world.session.pk, by=world.staff.pk, attempts="all", now=timezone.now())
    assert page.call("GET", f"attempts/{attempt.uuid}").json()["waits"] is False
    assert page.submit().status_code == 200


def test_an_assessment_is_taken_once_more_in_another_session_and_no_more_often_than_allowed():
    world = delivered(timezone.now(), learners=1)
    first = begun(world)
    first.save(world.questions[0].item, world.answers(0))
    assert first.submit().status_code == 200
    again = world.add_session("Again", attempts_allowed=2)
    never = world.add_session("Once")
    assert code_of(first.verify(world, never.live_code)) == "already_submitted"
    told = first.verify(world, again.live_code)
    assert told.status_code == 200, told.json()
    old, new = Attempt.objects.order_by("number")
    assert (old.status, new.status, new.number) == ("submitted", "joined", 2)
    assert AttemptArchive.objects.get().attempt_id == old.pk
    assert (world.reload().n_submitted, type(again).objects.get(pk=again.pk).n_joined) == (1, 1)
    first.start()
    first.submit()
    third = world.add_session("Third", attempts_allowed=2)
    assert code_of(first.verify(world, third.live_code)) == "no_attempt_left"


# -- the heartbeat -------------------------------------------------------------------------------------------------------
def test_a_heartbeat_tells_what_arrived_and_how_often_the_page_was_left_and_a_flushed_cache_lowers_nothing():
    world = delivered(timezone.now())
    page = begun(world)
    AssessmentSession.objects.update(notice_no=5)
    page.beat(seen_announcement=3, heard_announcement=5, focus_lost=2)
    cache.clear()
    Attempt.objects.update(last_seen_at=timezone.now() - timedelta(seconds=70))
    page.beat(seen_announcement=0, heard_announcement=1, focus_lost=0)
    attempt = Attempt.objects.get()
    assert (attempt.seen_announcement, attempt.heard_announcement, attempt.focus_lost) == (3, 5, 2)
    assert not ContactGap.objects.exists()


def test_of_two_devices_the_later_writing_counts_by_what_the_refusal_tells():
    now = timezone.now()
    world = delivered(now)
    page = begun(world)
    item, uuid, by = world.questions[1].item, page.state["attempt"], world.learners[0].pk
    common = {"attempt_uuid": uuid, "by": by, "item": item, "now": timezone.now(), "device": Device("a" * 16, "x")}
    actions_answers.save_answer(**common, values=world.answers(1, "5"), revision=4, written_at=now)
    with pytest.raises(Refusal) as stale:
        actions_answers.save_answer(**common, values=world.answers(1, "6"), revision=4, written_at=now)
    assert stale.value.facts["revision"] == 4
    assert stale.value.facts["values"] == world.answers(1, "5")
    assert stale.value.facts["written_at"] == now.isoformat().replace("+00:00", "Z")


def test_a_pause_that_ends_before_the_opening_moves_no_close_and_one_that_spans_it_moves_it_by_the_rest():
    now = timezone.now().replace(microsecond=0)
    opens, closes = now + timedelta(minutes=10), now + timedelta(minutes=70)
    world = delivered(now, learners=1, opens_at=opens.isoformat(), closes_at=closes.isoformat())
    page = entered(world)

    def pause(begin: int, end: int) -> None:
        act = {"session_id": world.session.pk, "by": world.staff.pk, "attempts": "all", "reason": ""}
        monitoring.pause(**act, now=now + timedelta(minutes=begin))
        monitoring.resume(**act, now=now + timedelta(minutes=end))

    def close() -> str:
        view = queries.own_attempt(attempt_uuid=page.state["attempt"], learner_id=world.learners[0].pk)
        return queries.brief_state(view, now + timedelta(minutes=20))["closes_at"]

    pause(1, 5)
    assert close() == closes.isoformat().replace("+00:00", "Z")
    pause(7, 14)
    assert close() == (closes + timedelta(minutes=4)).isoformat().replace("+00:00", "Z")


def test_an_archived_session_s_code_opens_nothing():
    world = delivered(timezone.now())
    code = world.session.live_code
    actions_life.archive_session(session_uuid=world.session.uuid, by=world.staff.pk, now=timezone.now())
    assert code_of(Page(world.learners[0]).verify(world, code)) == "code_wrong"


def test_a_list_where_a_question_has_one_field_is_graded_as_wrong_and_never_waits_for_its_grade():
    world = delivered(timezone.now(), learners=1)
    page = begun(world)
    for position in (1, 2):
        name, value = next(iter(world.answers(position).items()))
        assert page.save(world.questions[position].item, {f"{name}[]": [value, "x"]}).status_code == 200
    page.submit()
    attempt = Attempt.objects.get()
    assert (attempt.handin, attempt.scoring) == ("done", "scored")
    assert attempt.earned == 0


def test_a_request_that_is_sent_to_another_session_is_another_request():
    world = delivered(timezone.now(), learners=1)
    begun(world)
    other = world.add_session("Tuesday")
    staff, body = Page(world.staff), {"attempts": "all", "text": "Hello", "request_id": str(uuid4())}
    first = staff.call("POST", f"sessions/{world.session.uuid}/announce", body).json()
    assert staff.call("POST", f"sessions/{world.session.uuid}/announce", body).json() == first
    staff.call("POST", f"sessions/{other.uuid}/announce", body)
    assert (world.session.announcements.count(), other.announcements.count()) == (1, 1)
