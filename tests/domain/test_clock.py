"""The clock against a model that counts every running microsecond one stretch at a time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from assessprep_xblock.domain.attempts.clock import AttemptClock
from assessprep_xblock.domain.sessions.clock import SECOND, SessionClock, to_datetime, to_us
from assessprep_xblock.domain.sessions.rules import pause_length_us

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def clock(*, held_since=None, paused_us=0, closes=None, let_finish=False) -> SessionClock:
    return SessionClock(held_since=held_since, paused_us=paused_us, closes_us=closes, let_finish=let_finish)


def attempt(session: SessionClock, *, minutes: float = 30, granted_us: int = 0, hold_us=None) -> AttemptClock:
    return AttemptClock(session=session, due_us=to_us(at(minutes * 60)), granted_us=granted_us, hold_us=hold_us)


def test_a_held_session_s_clock_stands_still():
    held = clock(held_since=at(100))
    assert held.time(at(100)) == held.time(at(5000)) == to_us(at(100))
    assert attempt(held).left_us(at(100)) == attempt(held).left_us(at(9999))


def test_a_pause_moves_every_deadline_and_the_close_by_exactly_its_length():
    length = pause_length_us(at(100), at(160))
    after = clock(paused_us=length, closes=to_us(at(3600)))
    assert attempt(after).left_us(at(160)) == attempt(clock()).left_us(at(100))
    assert after.wall(after.closes_us, at(160)) == at(3660)
    assert not after.closed(at(3659.999999))
    assert after.closed(at(3660))


def test_the_close_cuts_unless_who_has_started_may_finish():
    closes = to_us(at(600))
    assert attempt(clock(closes=closes)).over(at(600))
    assert attempt(clock(closes=closes)).cut_by_close(at(600))
    finishing = attempt(clock(closes=closes, let_finish=True))
    assert not finishing.over(at(600))
    assert finishing.over(at(1800))
    assert not finishing.cut_by_close(at(1800))


def test_time_granted_to_one_student_moves_that_student_s_own_end_beyond_the_close():
    closes = to_us(at(600))
    granted = AttemptClock(
        session=clock(closes=closes), due_us=to_us(at(1800)) + 300 * SECOND, granted_us=300 * SECOND, hold_us=None
    )
    assert not granted.over(at(899.999999))
    assert granted.over(at(900))


def test_a_student_s_own_hold_inside_a_pause_of_the_session_counts_once():
    # Held on its own from second 100; the session was paused from 120 to 180; now it is 200: 40 seconds of own hold.
    session = clock(paused_us=60 * SECOND)
    held = attempt(session, hold_us=to_us(at(100)))
    assert held.own_hold(at(200)) == 40 * SECOND
    # Altogether the student lost nothing: 100 seconds went by in which nothing ran.
    assert held.left_us(at(200)) == attempt(clock()).left_us(at(100))
    assert not held.over(at(10_000_000))


def test_microseconds_survive_the_way_there_and_back():
    moment = NINE + timedelta(microseconds=123457)
    assert to_datetime(to_us(moment)) == moment


@given(st.lists(st.tuples(st.integers(1, 10**9), st.booleans()), min_size=1, max_size=30))
def test_any_history_of_pauses_leaves_the_time_that_really_ran(history):
    """``history``: stretches of (microseconds, whether the session is held in them)."""
    now, paused, held_since, ran = NINE, 0, None, 0
    for length, held in history:
        if held and held_since is None:
            held_since = now
        if not held and held_since is not None:
            paused, held_since = paused + pause_length_us(held_since, now), None
        now += timedelta(microseconds=length)
        ran += 0 if held else length
    session = clock(held_since=held_since, paused_us=paused)
    assert session.time(now) - to_us(NINE) == ran


@given(
    st.lists(st.tuples(st.integers(1, 10**9), st.booleans(), st.booleans()), min_size=1, max_size=30),
)
def test_overlapping_holds_of_session_and_student_never_count_twice(history):
    """Stretches of (microseconds, session held, student held): what is left shrinks only while neither is."""
    now, paused, held_since, hold_us, ran = NINE, 0, None, None, 0
    due, granted = to_us(NINE) + 10**12, 0
    for length, session_held, student_held in history:
        if session_held and held_since is None:
            held_since = now
        if not session_held and held_since is not None:
            paused, held_since = paused + pause_length_us(held_since, now), None
        session = clock(held_since=held_since, paused_us=paused)
        own = AttemptClock(session=session, due_us=due, granted_us=granted, hold_us=hold_us)
        if student_held and hold_us is None:
            hold_us = session.time(now)
        if not student_held and hold_us is not None:
            due, granted, hold_us = due + own.own_hold(now), granted + own.own_hold(now), None
        now += timedelta(microseconds=length)
        ran += 0 if session_held or student_held else length
    session = clock(held_since=held_since, paused_us=paused)
    left = AttemptClock(session=session, due_us=due, granted_us=granted, hold_us=hold_us).left_us(now)
    assert left == 10**12 - ran
