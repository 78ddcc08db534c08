"""An action that lost a race, or that the database ended for a deadlock, begins again from its first read."""

from __future__ import annotations

import pytest
from django.db import OperationalError, transaction

from assessprep_xblock.domain.shared.refusals import Refusal
from assessprep_xblock.domain.shared.winning import TRIES, Lost, one_winner

DEADLOCK = OperationalError(1213, "Deadlock found when trying to get lock; try restarting transaction")
TIMEOUT = OperationalError(1205, "Lock wait timeout exceeded; try restarting transaction")


class Postgres(Exception):
    """What its driver says of a transaction that it ended."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("ended")
        self.sqlstate = sqlstate


def postgres(sqlstate: str) -> OperationalError:
    problem = OperationalError("ended")
    problem.__cause__ = Postgres(sqlstate)
    return problem


def loses(problem: Exception, *, times: int):
    """An action that meets this problem so many times, and a list of its tries."""
    tried: list[str] = []

    @one_winner
    def action(said: str, *, by: int) -> str:
        tried.append(said)
        if len(tried) <= times:
            raise problem
        return f"{said} {by}"

    return action, tried


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("problem", [Lost(), DEADLOCK, TIMEOUT, postgres("40001"), postgres("40P01")], ids=str)
@pytest.mark.parametrize("times", [0, 1, TRIES - 1])
def test_who_lost_tries_again_with_the_same_and_has_it_done_once(problem, times):
    action, tried = loses(problem, times=times)
    assert action("pause", by=7) == "pause 7"
    assert tried == ["pause"] * (times + 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("problem", [Lost(), DEADLOCK])
def test_who_loses_every_time_is_told_that_it_changed(problem):
    action, tried = loses(problem, times=99)
    with pytest.raises(Refusal) as refused:
        action("pause", by=7)
    assert refused.value.code == "state_changed"
    assert len(tried) == TRIES


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "problem",
    [OperationalError(2006, "Server has gone away"), OperationalError(), postgres("08006"), ValueError("a mistake of ours")],
)
def test_a_database_that_is_gone_and_a_mistake_are_no_lost_race(problem):
    action, tried = loses(problem, times=1)
    with pytest.raises(type(problem)):
        action("pause", by=7)
    assert len(tried) == 1


@pytest.mark.django_db(transaction=True)
def test_inside_somebody_else_s_transaction_nothing_is_tried_again():
    action, tried = loses(DEADLOCK, times=1)
    with pytest.raises(Refusal) as refused, transaction.atomic():
        action("pause", by=7)
    assert (refused.value.code, len(tried)) == ("state_changed", 1)
