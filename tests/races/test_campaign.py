"""The short form of ``python -m tests.races``: some rounds of each race, and the books afterwards."""

from __future__ import annotations

import pytest

from tests.races.campaign import Campaign, Team, deadlocks

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]


def test_rounds_of_a_whole_test_with_a_rival_at_submit_lose_and_double_nothing(now):
    before = deadlocks()
    with Team() as together:
        tally = Campaign(now, together, seed=7).run(30)
    assert (tally.lost, tally.doubled, tally.wrong) == ([], [], [])
    assert tally.submits >= 30
    assert deadlocks() == before
