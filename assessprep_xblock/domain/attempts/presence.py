"""Who is there: kept in the cache, written to the attempt at most once a minute. It may be lost and changes no result."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Greatest

from ... import conf
from ..shared import caching
from ..shared.prepared import Given, PreparedRead
from .devices import NO_DEVICE, Device
from .models import Attempt, ContactGap
from .rules import AWAY, SEEN_WRITTEN

KEPT_S = 900
WRITTEN_EVERY = SEEN_WRITTEN
#: Less than any :meth:`Sign.counts`.
UNKNOWN = (-1, -1, -1)


@dataclass(frozen=True)
class Sign:
    """What one heartbeat tells: which of a session's announcements were put away and arrived, how often the page was left,
    and on which device."""

    session_id: int
    seen_announcement: int = 0
    heard_announcement: int = 0
    focus_lost: int = 0
    device: Device = NO_DEVICE

    def counts(self) -> tuple[int, int, int]:
        """What only grows."""
        return self.seen_announcement, self.heard_announcement, self.focus_lost


def _name(attempt_id: int) -> str:
    return f"assessprep:present:{attempt_id}"


def _late_name(attempt_id: int) -> str:
    return f"assessprep:late:{attempt_id}"


def tell_late(*, attempt_id: int, late: int) -> None:
    """Have the next heartbeat ask the table how many answers have come from a device that was left.

    ``late`` is one of those numbers and means no more than that there is something new: they may be told in any order.
    """
    caching.put(_late_name(attempt_id), late, KEPT_S)


@dataclass(frozen=True)
class Noted:
    """What came of a sign of life: the silence before it, zero where none is known; whether another device gave one lately;
    how many answers are known to have come from a device that was left; and where the table was asked, which session the
    attempt is in now, and that session's notice number."""

    silence: timedelta
    beside: bool
    late: int = 0
    session_id: int | None = None
    notice_no: int = 0


def note(*, attempt_id: int, sign: Sign, now: datetime) -> Noted:
    """Note a sign of life.

    The table is written once a minute for each device, and at once where something is new. Where the cache knows nothing
    one query says what the table knows, and whether there is anything to write. So it does where announcements arrived, of
    which a page may not say more than there are.
    """
    found = caching.get_many([_name(attempt_id), _late_name(attempt_id)])
    before: dict[str, Any] = found.get(_name(attempt_id), {})
    known, written = before.get("counts", UNKNOWN), before.get("written", {})
    if before and before["session"] != sign.session_id:
        # Announcements are numbered in each session.
        known = (*UNKNOWN[:2], known[2])
    arrived = sign.seen_announcement > known[0] or sign.heard_announcement > known[1]
    told = found.get(_late_name(attempt_id))
    kept = _kept(attempt_id) if arrived or not before or told != before.get("told") else None
    if kept is not None:
        sign = kept.bounded(sign)
    counts = tuple(map(max, sign.counts(), known))
    last: datetime | None = before.get("at") or (kept.last(now) if kept is not None else None)
    fresh = sign.device.key not in written or counts != known
    if not before and kept is not None and kept.knows(sign, now):
        other = {kept.other_device: kept.other_device_at} if kept.other_device and kept.other_device_at else {}
        written = {**other, sign.device.key: kept.seen_at}
    elif fresh or now - written[sign.device.key] >= WRITTEN_EVERY:
        _write(attempt_id, sign, now, forced=bool(before) and fresh)
        written = {**written, sign.device.key: now}
    _note_gap(attempt_id, last, now)
    late = before.get("late", 0) if kept is None else kept.late_saves
    entry = {"at": now, "written": written, "counts": counts, "session": sign.session_id, "told": told, "late": late}
    caching.put(_name(attempt_id), entry, KEPT_S)
    silence = timedelta(0) if last is None else now - last
    # A device writes once a minute: one that was there lately is told of at most that much later.
    beside = any(now - at < AWAY for key, at in written.items() if key and key != sign.device.key)
    if kept is None:
        return Noted(silence, beside, late)
    return Noted(silence, beside, late, kept.session_id, kept.notice_no)


@dataclass(frozen=True)
class _Kept:
    """What the table knows of an attempt's presence."""

    seen_at: datetime | None
    seen_announcement: int
    heard_announcement: int
    focus_lost: int
    device: str
    other_device: str
    other_device_at: datetime | None
    late_saves: int
    session_id: int
    notice_no: int

    def last(self, now: datetime) -> datetime | None:
        """The last sign of life where the cache forgot; it may be a minute older than the truth, which is taken off, so
        that a flushed cache alone makes no silence."""
        return None if self.seen_at is None else min(self.seen_at + WRITTEN_EVERY, now)

    def bounded(self, sign: Sign) -> Sign:
        """The sign without announcements that are not there yet, or were another session's: numbers are notice numbers."""
        most = self.notice_no if sign.session_id == self.session_id else 0
        seen, heard = min(sign.seen_announcement, most), min(sign.heard_announcement, most)
        return replace(sign, seen_announcement=seen, heard_announcement=heard)

    def knows(self, sign: Sign, now: datetime) -> bool:
        """Whether this sign tells nothing that would have to be written."""
        if self.seen_at is None or now - self.seen_at >= WRITTEN_EVERY:
            return False
        if any(map(int.__gt__, sign.counts(), (self.seen_announcement, self.heard_announcement, self.focus_lost))):
            return False
        other = sign.device.key == self.other_device and self.other_device_at is not None
        lately = other and now - (self.other_device_at or now) < WRITTEN_EVERY
        return sign.device.key in ("", self.device) or lately


_PK = Given("pk", Attempt._meta.get_field("id"))
_COUNTED = ("seen_announcement", "heard_announcement", "focus_lost")
_OF_DEVICES = ("device", "other_device", "other_device_at")
_kept_of = PreparedRead(
    lambda: Attempt.objects.filter(pk=_PK).values_list(
        "last_seen_at", *_COUNTED, *_OF_DEVICES, "late_saves", "session_id", "session__notice_no"
    )
)


def _kept(attempt_id: int) -> _Kept | None:
    return next((_Kept(*row) for row in _kept_of(pk=attempt_id)), None)


def _write(attempt_id: int, sign: Sign, now: datetime, *, forced: bool) -> None:
    """Write it down. Nothing that only grows is ever lowered: a flushed cache remembers less than the table."""
    row = Attempt.objects.filter(pk=attempt_id)
    due = Q(last_seen_at=None) | Q(last_seen_at__lte=now - WRITTEN_EVERY)
    due |= Q(seen_announcement__lt=sign.seen_announcement) | Q(heard_announcement__lt=sign.heard_announcement)
    due |= Q(focus_lost__lt=sign.focus_lost)
    if sign.focus_lost:
        row.filter(focus_lost__lt=sign.focus_lost).update(focus_lost_at=now)
    (row if forced else row.filter(due)).update(
        last_seen_at=now,
        progress_at=now,
        seen_announcement=Greatest("seen_announcement", sign.seen_announcement),
        heard_announcement=Greatest("heard_announcement", sign.heard_announcement),
        focus_lost=Greatest("focus_lost", sign.focus_lost),
    )
    if sign.device.key:
        _write_device(attempt_id, sign.device, now)


def _write_device(attempt_id: int, device: Device, now: datetime) -> None:
    """The first device is the attempt's own; any other one is noticed beside it."""
    row = Attempt.objects.filter(pk=attempt_id)
    if not row.filter(device="").update(device=device.key, device_label=device.label, device_since=now):
        row.exclude(device=device.key).update(
            other_device=device.key, other_device_label=device.label, other_device_at=now, progress_at=now
        )


def _note_gap(attempt_id: int, last: datetime | None, now: datetime) -> None:
    """A silence longer than two heartbeats becomes a row: that, not the cache, is what an outage is made good by."""
    if last is None or now - last <= timedelta(seconds=2 * conf.get_int("ASSESSPREP_BEAT_SECONDS")):
        return
    try:
        with transaction.atomic():
            ContactGap.objects.create(attempt_id=attempt_id, since=last, until=now)
    except IntegrityError:
        return  # another tab told of the same silence


def last_seen(attempt_ids: Collection[int]) -> dict[int, datetime]:
    """When each of these attempts gave its last sign of life, as far as the cache knows; one look-up, no query."""
    names = {_name(pk): pk for pk in attempt_ids}
    return {names[name]: entry["at"] for name, entry in caching.get_many(names).items()}
