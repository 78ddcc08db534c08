"""Wrong codes as they are counted: whose, how many, and how long to wait, each to the second."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.domain.attempts import actions_tries as tries
from assessprep_xblock.domain.sessions.models import GuestTries, WrongTries
from assessprep_xblock.domain.shared.refusals import Refusal
from assessprep_xblock.domain.shared.winning import Lost

pytestmark = pytest.mark.django_db
RUN, ANOTHER = CourseKey.from_string("course-v1:School+SCI+2026"), CourseKey.from_string("course-v1:School+ART+2026")
SECOND = timedelta(seconds=1)


@pytest.fixture
def ada(settings):
    settings.ASSESSPREP_WRONG_TRIES, settings.ASSESSPREP_WRONG_TRIES_WINDOW = 5, 300
    settings.ASSESSPREP_GUEST_WRONG_TRIES = 7
    return get_user_model().objects.create(username="ada", email="ada@example.com").pk


def spend(budget, now, times):
    for _ in range(times):
        budget.count(budget.read(), now)


def refused(budget, now) -> dict | None:
    """What a refusal tells, or None where there is none."""
    try:
        budget.check(budget.read(), now)
    except Refusal as refusal:
        return {"code": refusal.code, **refusal.facts}
    return None


def test_the_wait_is_told_to_the_second_and_in_minutes_and_then_it_is_over(ada, now):
    budget = tries.of_learner(ada, RUN)
    spend(budget, now, 5)
    for passed, seconds, minutes in ((0, 301, 6), (1, 300, 5), (240, 61, 2), (241, 60, 1), (299, 2, 1)):
        at = now + passed * SECOND
        assert refused(budget, at) == {"code": "too_many_tries", "retry_after": seconds, "wait": f"{minutes} min"}
        with pytest.raises(Refusal) as again:
            budget.check_again(at)
        assert again.value.facts["retry_after"] == seconds
    assert refused(budget, now + 300 * SECOND - timedelta(microseconds=1))["retry_after"] == 1
    over = now + 300 * SECOND
    assert refused(budget, over) is None
    budget.check_again(over)
    # A new window begins with the next wrong try, and counts from one.
    spend(budget, over, 1)
    row = WrongTries.objects.get()
    assert (row.wrong, row.since) == (1, over)
    spend(budget, over + SECOND, 1)
    row.refresh_from_db()
    assert (row.wrong, row.since) == (2, over)


def test_the_sixth_is_refused_where_it_is_counted_and_not_counted(ada, now):
    budget = tries.of_learner(ada, RUN)
    spend(budget, now, 4)
    assert refused(budget, now) is None
    budget.check_again(now)
    stale = budget.read()
    spend(budget, now, 1)
    # Who read four and comes second is refused by the statement that counts, and told the same.
    with pytest.raises(Refusal) as late:
        budget.count(stale, now)
    assert late.value.facts == {"retry_after": 301, "wait": "6 min"}
    assert WrongTries.objects.get().wrong == 5


def test_of_two_first_tries_and_of_two_new_windows_one_reads_again(ada, now):
    budget = tries.of_learner(ada, RUN)
    budget.count(None, now)
    with pytest.raises(Lost):
        budget.count(None, now)
    stale, later = budget.read(), now + 300 * SECOND
    budget.count(stale, later)
    with pytest.raises(Lost):
        budget.count(stale, later)
    assert WrongTries.objects.get().wrong == 1


def test_nobody_spends_anybody_else_s_tries(ada, now):
    bob = get_user_model().objects.create(username="bob", email="bob@example.com").pk
    mine, here, there = tries.of_learner(ada, RUN), tries.of_network("192.0.2.1", RUN), tries.of_network("192.0.2.2", RUN)
    others = (tries.of_learner(bob, RUN), tries.of_learner(ada, ANOTHER), there, tries.of_network("192.0.2.1", ANOTHER))
    for one in (mine, here, *others):
        spend(one, now, 1)
    spend(mine, now, 4)
    spend(here, now, 6)
    assert refused(mine, now) and refused(here, now)
    assert [one.read().wrong for one in others] == [1] * 4
    assert not any(refused(one, now) for one in others)
    assert (mine.read().wrong, here.read().wrong) == (5, 7)
    assert (WrongTries.objects.count(), GuestTries.objects.count()) == (3, 3)


def test_a_join_is_barred_by_exactly_the_row_that_is_full(ada, now):
    budget = tries.of_learner(ada, RUN)
    barred = get_user_model().objects.filter(budget.spent(now))
    spend(budget, now, 4)
    assert not barred.exists()
    spend(budget, now, 1)
    assert barred.exists()
    assert not get_user_model().objects.filter(budget.spent(now + 300 * SECOND)).exists()


def test_a_network_is_a_line_of_ipv6_one_address_of_ipv4_and_no_address_at_all():
    digest = tries.digest_of
    assert digest("2001:db8:1:2::1") == digest("2001:db8:1:2:ffff::9") != digest("2001:db8:1:3::1")
    assert digest("::ffff:192.0.2.1") == digest("192.0.2.1") != digest("192.0.2.2")
    assert digest("") == digest("") != digest("unknown")
    assert len(digest("192.0.2.1")) == 64
