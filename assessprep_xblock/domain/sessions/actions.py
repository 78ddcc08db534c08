"""What staff do with a session's content: create it, change its settings, choose its students, copy it, delete it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from ..library import delivery
from ..library import queries as library
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import Lost, one_winner
from . import changing, codes, queries, rosters
from .actions_life import archive_session, publish_session, rotate_code, unarchive_session, unpublish_session
from .changes import take_change
from .models import AssessmentSession, GradedCount, Invigilator, empty_roster
from .overlaps import check_overlaps

__all__ = [
    "archive_session",
    "change_session",
    "create_session",
    "delete_session",
    "duplicate_session",
    "publish_session",
    "rotate_code",
    "set_roster",
    "unarchive_session",
    "unpublish_session",
]

#: A copy asks for its own.
DATES = ("opens_at", "closes_at")
#: What decides how long a session lets students in.
TIMES = (*DATES, "last_entry_s")
ROSTERS_COPIED = ("same", "none", "absent")
#: Nobody has an attempt in the session.
UNTOUCHED = {"n_joined": 0, "n_in_progress": 0, "n_ended": 0, "n_submitted": 0}


def create_session(
    *,
    placement_uuid: UUID,
    name: str,
    settings: Mapping[str, Any],
    roster: Mapping[str, Any],
    request_id: UUID | None,
    by: int,
    now: datetime,
) -> AssessmentSession:
    """*Add Session*: a draft with its own settings and students. A repeat of the request answers the first session."""
    placement = library.placement_for_staff(placement_uuid=placement_uuid, user_id=by)
    library.check_may_start(placement, now)
    session = AssessmentSession(
        placement=placement,
        course_key=placement.course_key,
        name=name,
        overrides=delivery.read_overrides(settings, placement.version.settings),
        created_by_id=by,
        created_at=now,
        request_id=request_id,
    )
    wanted = rosters.read_roster(roster)
    rosters.check_roster(wanted, session)
    session.roster = wanted
    return _insert(session, action="create_session", by=by, now=now)


def _insert(
    session: AssessmentSession,
    *,
    action: str,
    by: int,
    now: datetime,
    facts: dict[str, Any] | None = None,
    watchers: Collection[tuple[int, str]] = (),
) -> AssessmentSession:
    first = _asked_before(session.request_id, by)
    if first is not None:
        return first
    try:
        with transaction.atomic(durable=True):
            session.save(force_insert=True)
            GradedCount.objects.create(session=session)
            Invigilator.objects.bulk_create(
                Invigilator(session=session, user_id=user_id, level=level) for user_id, level in watchers
            )
            audit.record(action=action, by=by, now=now, session_id=session.pk, facts=facts)
    except IntegrityError:
        # The same request arrived twice at once; the other one made the session.
        first = _asked_before(session.request_id, by)
        if first is None:
            raise
        return first
    return session


def _asked_before(request_id: UUID | None, by: int) -> AssessmentSession | None:
    if request_id is None:
        return None
    uuid = AssessmentSession.objects.filter(created_by_id=by, request_id=request_id).values_list("uuid", flat=True).first()
    return None if uuid is None else queries.session_for_staff(session_uuid=uuid, user_id=by)


@one_winner
def change_session(
    *, session_uuid: UUID, changes: Mapping[str, Any], version: int, by: int, now: datetime, reason: str = ""
) -> AssessmentSession:
    """Rename a session, change its settings or its roster. ``changes``: ``name``, ``settings`` (partial), ``roster``.

    Of two colleagues who edit at once, the second is told ``stale_version`` and loses nothing she typed. ``reason``, for
    example of a late addition, is kept in the log.
    """
    session = queries.session_for_staff(session_uuid=session_uuid, user_id=by)
    if session.lifecycle == "archived":
        raise Refusal("archived")
    if session.version_no != version:
        raise Refusal("stale_version", version=session.version_no)
    values: dict[str, Any] = {}
    where: dict[str, Any] = {"version_no": version, "lifecycle": session.lifecycle}
    facts: dict[str, Any] = {"changed": sorted(changes)}
    if "name" in changes:
        values["name"] = changes["name"]
    if "settings" in changes:
        values["overrides"] = _overrides(session, changes["settings"], now)
        if _touches_what_stands(session, values["overrides"]):
            # Somebody may join between the rule and this write: then the condition fails and the rule is asked again.
            where |= UNTOUCHED
    if "roster" in changes:
        values["roster"] = rosters.read_roster(changes["roster"])
        rosters.check_roster(values["roster"], session)
        if reason:
            # Whose retirement takes the reason away.
            facts["about"] = rosters.named_otherwise(session.roster, values["roster"])
        session.roster = values["roster"]
        values["n_assigned"] = len(rosters.assigned(session))
    _check_company(session, values, now)
    with transaction.atomic(durable=True):
        values["version_no"] = version + 1
        told = session.lifecycle == "published" and "overrides" in values
        change_no = take_change(session.pk, where=where, values=values, notice=told)
        about: dict[str, Any] = {"session_id": session.pk, "change_no": change_no, "reason": reason}
        audit.record(action="change_session", by=by, now=now, facts=facts, **about)
    return queries.session_for_staff(session_uuid=session_uuid, user_id=by)


def _overrides(session: AssessmentSession, given: Any, now: datetime) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise Refusal("invalid", field="settings", why=_("it has to be an object"))
    envelope = session.placement.version.settings
    # What a newer version took away is not in force, and was named on the page that is saved now.
    refused = delivery.no_longer_allowed(session.overrides, envelope)
    kept = {name: value for name, value in session.overrides.items() if name not in refused}
    overrides = delivery.read_overrides({**kept, **given}, envelope)
    closes_at = overrides.get("closes_at")
    moved = closes_at is not None and closes_at != session.overrides.get("closes_at")
    if moved and session.lifecycle == "published" and delivery.moment(closes_at, field="closes_at") <= now:
        # It would end a running test as if by a slip of the keyboard, and nobody could bring the time back.
        raise Refusal("close_in_the_past", field="closes_at")
    return overrides


def _check_company(session: AssessmentSession, values: Mapping[str, Any], now: datetime) -> None:
    """Ask whether what is changed puts somebody into two sessions at once. A draft is asked when it is published."""
    dates = "overrides" in values and any(values["overrides"].get(one) != session.overrides.get(one) for one in TIMES)
    if session.lifecycle == "published" and ("roster" in values or dates):
        session.overrides = values.get("overrides", session.overrides)
        check_overlaps(session, now)


def _touches_what_stands(session: AssessmentSession, overrides: Mapping[str, Any]) -> bool:
    """Whether the change touches what stands once students have joined; refused when they have."""
    before = queries.settings_of(session)
    after = delivery.effective(session.placement.version.settings, overrides)
    touched = [name for name in after if before[name] != after[name] and changing.until(name) == changing.JOINED]
    if touched and queries.has_attempts(session):
        raise Refusal("has_attempts", field=touched[0])
    return bool(touched)


def set_roster(
    *, session_uuid: UUID, roster: Any, version: int, by: int, now: datetime, reason: str = ""
) -> AssessmentSession:
    """Choose who is assigned. Who has joined already stays in, on the roster or not."""
    changes = {"roster": roster}
    return change_session(session_uuid=session_uuid, changes=changes, version=version, by=by, now=now, reason=reason)


def duplicate_session(
    *,
    session_uuid: UUID,
    name: str,
    roster: str,
    copy_settings: bool = True,
    copy_invigilators: bool = False,
    dates: Mapping[str, Any] | None = None,
    submitted_ids: Collection[int] = (),
    request_id: UUID | None,
    by: int,
    now: datetime,
) -> AssessmentSession:
    """A draft of the same assessment with what was chosen to be copied; never the code, the attempts or the old dates.

    ``roster``: ``same``, ``none``, or ``absent`` for a make-up session: who is assigned now and is not in
    ``submitted_ids``. ``dates``: ``opens_at`` and ``closes_at`` of the copy, as settings take them.
    """
    source = queries.session_for_staff(session_uuid=session_uuid, user_id=by)
    if roster not in ROSTERS_COPIED:
        raise Refusal("invalid", field="roster", why=_("it has to be same, none or absent"))
    given = {key: value for key, value in (dates or {}).items() if key in DATES}
    kept = {key: value for key, value in source.overrides.items() if copy_settings and key not in DATES}
    # What a newer version took away goes along as it is, so that the copy's page names it as the original's does.
    refused = delivery.no_longer_allowed(kept, source.placement.version.settings)
    kept = {key: value for key, value in kept.items() if key not in refused}
    library.check_may_start(source.placement, now)
    copy = AssessmentSession(
        placement=source.placement,
        course_key=source.course_key,
        name=name,
        overrides={**refused, **delivery.read_overrides({**kept, **given}, source.placement.version.settings)},
        roster=source.roster if roster == "same" else empty_roster(),
        created_by_id=by,
        created_at=now,
        request_id=request_id,
    )
    if roster == "absent":
        copy.roster["students"] = sorted(rosters.assigned(source).keys() - set(submitted_ids))
    watchers = list(source.invigilators.values_list("user_id", "level")) if copy_invigilators else []
    facts = {"of": str(source.uuid), "roster": roster, "settings": copy_settings, "invigilators": copy_invigilators}
    return _insert(copy, action="duplicate_session", by=by, now=now, facts=facts, watchers=watchers)


@one_winner
def delete_session(*, session_uuid: UUID, by: int, now: datetime) -> None:
    """Delete a session that nobody ever joined; one with attempts can only be archived."""
    session = queries.session_for_staff(session_uuid=session_uuid, user_id=by)
    if queries.has_attempts(session):
        raise Refusal("has_attempts")
    try:
        with transaction.atomic(durable=True):
            change_no = take_change(session.pk, where={**UNTOUCHED, "live_code": session.live_code})
            # What was announced to an empty room, and how long it was paused, belongs to nobody.
            session.announcements.all().delete()
            session.ledger.all().delete()
            session.delete()
            codes.rest(session.course_key, session.live_code, now)
            facts = {"name": session.name, "session": str(session.uuid), "course": str(session.course_key)}
            audit.record(action="delete_session", by=by, now=now, session_id=session.pk, change_no=change_no, facts=facts)
    except ProtectedError as joined:
        raise Lost from joined
