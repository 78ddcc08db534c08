"""What lint finds beside a session itself: other sessions, extra time, and clocks that are changed in the window."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone
from django.utils.translation import gettext as _

from ..library import delivery
from . import overlaps, queries, queries_accommodations, rosters, rules
from .clock import SECOND
from .findings import Problem, error, warning
from .models import AssessmentSession


def company(session: AssessmentSession, now: datetime) -> list[Problem]:
    """Everything of this kind, errors first."""
    return [*_twice(session, now), *_leak(session, now), *_extra_time(session, now), *_clock_change(session)]


def _twice(session: AssessmentSession, now: datetime) -> list[Problem]:
    sentence = _(
        "{n} students are also assigned to “{other}”, which is open at the same time as “{own}”: {names}. Take them out of "
        "one of the two, or let one close before the other opens. Who is absent: mark them absent in the Monitor of "
        "“{other}”, or wait until it lets nobody in any more (“No first start later than”) or is over."
    )
    return [
        error(
            "in_two_sessions",
            sentence.format(n=len(one.people), other=one.other.name, own=session.name, names=one.names),
            "roster",
        )
        for one in overlaps.overlaps(session, now)
    ]


def _leak(session: AssessmentSession, now: datetime) -> list[Problem]:
    """Who is through tells the others: results, or answers, that are shown before another session has been."""
    values = queries.settings_of(session)
    if values["release"] != "on_submit" or not (values["show_answers"] or values.get("show_correctness")):
        return []
    later = [other for other in overlaps.siblings(session, now) if queries.phase_of(other, now) in ("scheduled", "open")]
    if not later:
        return []
    sentence = _("Students see what was right as soon as they submit, while “{other}” is still to come or open.")
    return [warning("results_leak", sentence.format(other=later[0].name), "settings", "release")]


def _extra_time(session: AssessmentSession, now: datetime) -> list[Problem]:
    settings = rules.delivery(session.placement.version.settings, session.overrides)
    extra = queries_accommodations.extra_time_in(session, rosters.assigned(session).keys())
    if not extra or settings.closes_us is None:
        return []
    longest = max(extra.values())
    opens_us = settings.opens_us if settings.opens_us is not None else rules.clock(session, settings).time(now)
    if settings.closes_us - opens_us >= (settings.duration_s + longest) * SECOND:
        return []
    sentence = _(
        "The window is shorter than the time of a student with extra time. The close waits for this student, "
        "up to {minutes} minutes; plan the room for it."
    )
    return [warning("extra_time_window", sentence.format(minutes=-(-longest // 60)), "settings", "closes_at")]


def _clock_change(session: AssessmentSession) -> list[Problem]:
    """Clocks put forward or back between the opening and the close, or on the day of one that has no other end."""
    values = queries.settings_of(session)
    points = [delivery.moment(values[one], field=one) for one in ("opens_at", "closes_at") if values[one]]
    if not points:
        return []
    zone = _zone(values.get("time_zone") or "")
    if len(points) == 1:
        points.append(points[0] + timedelta(seconds=values["duration_s"]))
    first, last = (point.astimezone(zone).utcoffset() for point in points[:2])
    if first == last:
        return []
    sentence = _("Clocks are changed while this session is open ({zone}). The test's own time runs on; check the hours.")
    return [warning("clock_change", sentence.format(zone=zone), "settings", "opens_at")]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or timezone.get_default_timezone_name())
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
