"""Every room at once: the running sessions of a course run, or those that somebody watches; what needs a person first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, Case, Count, Exists, F, Max, OuterRef, Q, Value, When
from django.db.models.functions import Least
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock import conf
from assessprep_xblock.lms import get_lms

from ..attempts.models import Attempt
from ..sessions import rosters
from ..sessions import rules as session_rules
from ..sessions.clock import SessionClock, to_datetime
from ..sessions.models import AssessmentSession, Invigilator, WrongTries
from ..sessions.queries import Watched, all_sessions, watched_by
from ..shared import caching
from ..shared.refusals import Refusal
from .queries_opening import tries_since
from .queries_rows import iso, silent_after_s
from .queries_token import digest

#: How long it is known whom rosters name: the platform tells nobody when they change.
ROSTERS_KEPT_S = 30
#: A session counts as near its end when everybody's time is over in less than this.
NEAR_END = timedelta(minutes=10)
COUNTED = ("joined", "in_progress", "ended", "submitted")
FAR = 2**62


def sessions_in(*, course_key: CourseKey, user_id: int) -> list[Watched]:
    """The published sessions of a run that this person may watch: all for course staff, else those she was invited to.

    Refuses (``not_found``) whoever is neither.
    """
    found = all_sessions().filter(course_key=course_key, lifecycle="published").order_by("name", "pk")
    if get_lms().is_course_staff(user_id, course_key):
        return [Watched(one, "chief") for one in found]
    levels = dict(
        Invigilator.objects.filter(user_id=user_id, session__course_key=course_key).values_list("session_id", "level")
    )
    if not levels or get_lms().is_enrolled(user_id, course_key):
        raise Refusal("not_found")
    return [Watched(one, levels[one.pk]) for one in found.filter(pk__in=levels)]


def rooms_watched(*, user_id: int, now: datetime) -> dict[str, Any]:
    """:func:`rooms` of everything this person was invited to watch, in whichever run."""
    return rooms(watched_by(user_id), now)


def rooms_of_run(*, course_key: CourseKey, user_id: int, now: datetime) -> dict[str, Any]:
    """:func:`rooms` of one course run."""
    return rooms(sessions_in(course_key=course_key, user_id=user_id), now)


@dataclass
class _Tally:
    """One session, counted."""

    statuses: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    silent: int = 0
    away: int = 0
    devices: int = 0
    held: int = 0
    over: int = 0
    last_us: int | None = None


def rooms(watched: Sequence[Watched], now: datetime) -> dict[str, Any]:
    """``{"server_time", "rooms": [...], "tries": [...]}``; the room that needs somebody most stands first.

    A room: ``{"session", "name", "assessment", "course_id", "level", "phase", "held", "begin", "opens_at", "closes_at",
    "ends_at", "near_end", "counters", "waiting", "silent", "away", "devices", "paused", "tries", "trouble"}``. Its counters
    are those of its Monitor: absent + joined + in_progress + ended + submitted = assigned + guests. ``ends_at``: when
    everybody's time is over, as things stand; ``tries``: accounts on its list that type wrong codes now. As many queries for
    fifty sessions as for one; the rosters are looked at again twice a minute, and when somebody joins.
    """
    sessions = [one.session for one in watched]
    clocks = {one.pk: _clock(one) for one in sessions}
    tallies = _tallies(sessions, clocks, now)
    people = _people(sessions)
    tries, trying = _tries(sessions, now)
    rows = [_room(one, clocks[one.session.pk], tallies, people, trying, now) for one in watched]
    rows.sort(key=lambda row: (-row["trouble"], _PHASES.index(row["phase"]), row["opens_at"] or "", row["name"].casefold()))
    return {"server_time": iso(now), "rooms": rows, "tries": tries}


_PHASES = ("open", "closing", "scheduled", "closed")


def _clock(session: AssessmentSession) -> tuple[session_rules.Delivery, SessionClock]:
    settings = session_rules.delivery(session.placement.version.settings, session.overrides)
    return settings, session_rules.clock(session, settings)


def _tallies(
    sessions: Sequence[AssessmentSession], clocks: Mapping[int, tuple[Any, SessionClock]], now: datetime
) -> dict[int, _Tally]:
    """Counted by the database, one query for all rooms: a learner counts by her newest attempt in a session."""
    found: dict[int, _Tally] = defaultdict(_Tally)
    if not sessions:
        return found
    newer = Attempt.objects.filter(session=OuterRef("session"), learner=OuterRef("learner"), number__gt=OuterRef("number"))
    working = Q(status="in_progress")
    quiet = now - timedelta(seconds=silent_after_s())
    rows = (
        Attempt.objects.filter(~Exists(newer), session__in=sessions)
        .order_by()
        .annotate(point=_each(clocks, lambda clock: clock.time(now)), ends_us=_ends_us(clocks))
        .values("session_id", "status")
        .annotate(
            n=Count("pk"),
            waiting=Count("pk", filter=Q(status="joined", admitted_at=None, denied_at=None)),
            silent=Count("pk", filter=Q(status__in=("joined", "in_progress"), voided=False, last_seen_at__lt=quiet)),
            away=Count("pk", filter=working & Q(waits_since__isnull=False)),
            devices=Count("pk", filter=working & ~Q(other_device_label="")),
            held=Count("pk", filter=working & Q(hold_us__isnull=False)),
            over=Count("pk", filter=working & Q(hold_us=None, ends_us__lte=F("point"))),
            last=Max("ends_us", filter=working & Q(hold_us=None)),
        )
    )
    for row in rows:
        tally = found[row["session_id"]]
        tally.statuses[row["status"]] += row["n"] - row["over"]
        tally.statuses["ended"] += row["over"]
        tally.last_us = row["last"] if row["last"] is not None else tally.last_us
        for name in ("waiting", "silent", "away", "devices", "held", "over"):
            setattr(tally, name, getattr(tally, name) + row[name])
    return found


def _each(clocks: Mapping[int, tuple[Any, SessionClock]], value: Any) -> Case:
    """A number of each session's clock, beside its attempts."""
    cases = [When(session_id=pk, then=Value(value(clock))) for pk, (_settings, clock) in clocks.items()]
    return Case(*cases, default=Value(0), output_field=BigIntegerField())


def _ends_us(clocks: Mapping[int, tuple[Any, SessionClock]]) -> Any:
    """Where an attempt's time is over on its session's clock: its own end, or the close where that cuts."""
    cut = _each(clocks, lambda clock: FAR if clock.closes_us is None or clock.let_finish else clock.closes_us)
    return Least(F("due_us"), cut + F("granted_us"), output_field=BigIntegerField())


def _people(sessions: Sequence[AssessmentSession]) -> dict[int, tuple[int, int]]:
    """Session -> (assigned, guests), by the Monitor's own rule; kept for half a minute as long as nobody joins."""
    key = f"assessprep:rooms:{digest(sorted(one.pk for one in sessions))}"
    mark = digest([(one.pk, one.roster, sum(getattr(one, f"n_{name}") for name in COUNTED)) for one in sessions])
    known = caching.get(key)
    if known is None or known[0] != mark:
        known = (mark, _counted(sessions))
        caching.put(key, known, ROSTERS_KEPT_S)
    counted: dict[int, tuple[int, int]] = known[1]
    return counted


def _counted(sessions: Sequence[AssessmentSession]) -> dict[int, tuple[int, int]]:
    here: dict[int, set[int]] = defaultdict(set)
    anywhere: dict[int, Counter[int]] = defaultdict(Counter)
    placements = {one.placement_id for one in sessions}
    rows = Attempt.objects.filter(placement_id__in=placements).order_by()
    for placement, session, learner, voided in rows.values_list("placement_id", "session_id", "learner_id", "voided"):
        here[session].add(learner)
        # Who has a void attempt elsewhere may come here.
        if not voided:
            anywhere[placement][learner] += 1
    runs = {run: rosters.everybody(run) for run in {one.course_key for one in sessions}}
    found = {}
    for one in sessions:
        named = {pk for pk, person in runs[one.course_key].items() if rosters.names(one.roster, person)}
        inside = here[one.pk]
        outside = named - inside - anywhere[one.placement_id].keys()
        found[one.pk] = (len(named & inside) + len(outside), len(inside - named))
    return found


def _tries(sessions: Sequence[AssessmentSession], now: datetime) -> tuple[list[dict[str, Any]], Counter[int]]:
    """Who types wrong codes in these runs now; and session -> how many of those are on its list."""
    since = tries_since(now)
    runs = {one.course_key for one in sessions}
    found = list(WrongTries.objects.filter(course_key__in=runs, wrong__gt=0, since__gt=since).order_by("-wrong", "pk"))
    told, listed = [], Counter[int]()
    for run in {one.course_key for one in found}:
        here = [one for one in found if one.course_key == run]
        learners = get_lms().learners(run, user_ids=[one.learner_id for one in here])
        for one in here:
            person = learners.get(one.learner_id)
            if person is None:
                # Not of this run: nothing of the person is told.
                continue
            told.append(_tries_row(one, person.full_name or person.username))
            of_run = (session for session in sessions if session.course_key == run)
            listed.update(session.pk for session in of_run if rosters.names(session.roster, person))
    return told, listed


def _tries_row(one: WrongTries, name: str) -> dict[str, Any]:
    """One account's wrong codes: how many, and since when."""
    return {
        "learner": one.learner_id,
        "name": name,
        "course_id": str(one.course_key),
        "wrong": one.wrong,
        "since": iso(one.since),
        "locked": one.wrong >= conf.get_int("ASSESSPREP_WRONG_TRIES"),
    }


def _room(
    watched: Watched,
    clock_of: tuple[session_rules.Delivery, SessionClock],
    tallies: Mapping[int, _Tally],
    people: Mapping[int, tuple[int, int]],
    trying: Mapping[int, int],
    now: datetime,
) -> dict[str, Any]:
    session, (settings, clock) = watched.session, clock_of
    tally, (assigned, guests) = tallies.get(session.pk) or _Tally(), people[session.pk]
    present = sum(tally.statuses.values())
    ends = None if tally.last_us is None or clock.held_since else clock.wall(tally.last_us, now)
    counters = {"assigned": assigned, "guests": guests, "absent": max(0, assigned + guests - present)}
    told = {
        "session": str(session.uuid),
        "name": session.name,
        "assessment": session.placement.version.title,
        "course_id": str(session.course_key),
        "organization": session.placement.organization_name or session.placement.organization,
        "level": watched.level,
        "phase": session_rules.phase(session.lifecycle, settings, clock, now, working=tally.statuses["in_progress"]),
        "held": session.held_since is not None,
        "begin": settings.start == "invigilator" and session.begun_us is None,
        "opens_at": None if settings.opens_us is None else iso(to_datetime(settings.opens_us)),
        "closes_at": None if clock.closes_us is None else iso(clock.wall(clock.closes_us, now)),
        "ends_at": iso(ends),
        "near_end": bool(tally.statuses["in_progress"] and ends is not None and ends - now <= NEAR_END),
        "counters": {**counters, **{name: tally.statuses[name] for name in COUNTED}},
        "waiting": tally.waiting,
        "silent": tally.silent,
        "away": tally.away,
        "devices": tally.devices,
        "paused": tally.held,
        "overdue": tally.over,
        "tries": trying[session.pk],
    }
    return {**told, "trouble": _trouble(told)}


def _trouble(room: Mapping[str, Any]) -> int:
    """How much a room needs somebody: who stands at the door or is gone weighs more than what comes by itself."""
    if room["phase"] not in ("open", "closing"):
        return 0
    weights = {"waiting": 6, "away": 6, "tries": 5, "silent": 5, "devices": 3}
    gravest = max([weight for name, weight in weights.items() if room[name]], default=0)
    return max(gravest, 2 * room["near_end"], int(room["held"] or room["begin"]))
