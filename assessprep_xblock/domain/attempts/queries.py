"""What is read of attempts. Nothing here writes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from opaque_keys.edx.keys import UsageKey

from ..library.models import PlacedQuestion, Placement
from ..sessions.clock import to_datetime
from ..sessions.models import AssessmentSession
from ..sessions.rules import whole_seconds
from ..shared.prepared import Given, PreparedRead
from ..shared.refusals import Refusal
from . import ledger, queries_results
from .extra_time import extra_of, with_accommodation
from .models import AnswerDraft, Attempt
from .rules import in_own_order
from .standing import Seen, seen

#: What no call of a running test looks at, and what may be long: a roster can name thousands.
_LEFT_OUT = {
    "session": ("roster", "created_by", "created_at", "request_id"),
    "session__placement": ("problem", "drift", "state_since", "created_by", "created_at"),
    "session__placement__version": ("pin", "release_note", "published_by", "published_at"),
    "session__placement__version__assessment": (
        *("bank", "usage_key", "title", "subject", "grade", "description", "standards", "question_standards"),
        *("embargo_until", "settings", "current_version", "version_no", "created_at"),
    ),
}


def _whole() -> QuerySet[Attempt]:
    """Attempts with all that :func:`~.standing.seen` reads, and what is told of them."""
    rows = Attempt.objects.select_related("session__placement__version__assessment")
    return with_accommodation(rows.defer(*(f"{path}__{name}" for path, names in _LEFT_OUT.items() for name in names)))


def sessions_to_join() -> QuerySet[AssessmentSession]:
    """Sessions with as much as an attempt in them is read with, and the roster, which says whose they are."""
    rows = AssessmentSession.objects.select_related("placement__version__assessment")
    names = [f"{path}__{name}".removeprefix("session__") for path, names in _LEFT_OUT.items() for name in names]
    return rows.defer(*(name for name in names if name != "roster"))


_UUID, _LEARNER = Given("uuid", Attempt._meta.get_field("uuid")), Given("learner_id", Attempt._meta.get_field("learner"))
_USAGE_KEY = Given("usage_key", Placement._meta.get_field("usage_key"))
_own = PreparedRead(lambda: _whole().filter(uuid=_UUID, learner_id=_LEARNER))
_PK = Given("pk", Attempt._meta.get_field("id"))
_by_id = PreparedRead(lambda: _whole().filter(pk=_PK))
_answered = PreparedRead(lambda: Attempt.objects.filter(pk=_PK).values_list("answered", flat=True))
_newest = PreparedRead(lambda: _whole().filter(placement__usage_key=_USAGE_KEY, learner_id=_LEARNER).order_by("-number")[:1])


def own_attempt(*, attempt_uuid: UUID, learner_id: int) -> Seen:
    """A learner's own attempt, in one query; somebody else's is simply not there."""
    for attempt in _own(uuid=attempt_uuid, learner_id=learner_id):
        return seen(attempt)
    raise Refusal("not_found")


def attempt_seen(attempt_id: int) -> Seen:
    """One attempt, whoever's, in one query."""
    (attempt,) = _by_id(pk=attempt_id)
    return seen(attempt)


def answered_now(attempt_id: int) -> int:
    """How many questions of an attempt are answered. One query."""
    return int(_answered(pk=attempt_id)[0])


def newest_attempt(*, usage_key: UsageKey, learner_id: int) -> Seen | None:
    """The learner's newest attempt in this placement, in one query, or None."""
    for attempt in _newest(usage_key=usage_key, learner_id=learner_id):
        return seen(attempt)
    return None


def drafts_of(attempt: Attempt) -> dict[str, dict[str, Any]]:
    """The newest answers by item: ``{"values", "revision", "answered", "written_at"}``."""
    told = ("values", "revision", "answered", "written_at")
    rows = AnswerDraft.objects.filter(attempt=attempt).values_list("question__item", *told)
    return {item: dict(zip(told, draft, strict=True)) for item, *draft in rows}


def questions_of(attempt: Attempt) -> list[PlacedQuestion]:
    """The placement's questions as their author ordered them."""
    return list(PlacedQuestion.objects.filter(placement_id=attempt.placement_id).order_by("position"))


def questions_for_learner(view: Seen) -> list[PlacedQuestion]:
    """The questions in the order in which this learner meets them."""
    questions = questions_of(view.attempt)
    if view.delivery.order != "shuffled":
        return questions
    by_item = {question.item: question for question in questions}
    return [by_item[item] for item in in_own_order(list(by_item), str(view.attempt.uuid))]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def brief_state(view: Seen, now: datetime) -> dict[str, Any]:
    """The attempt as its learner's page shows it, out of what was read already: no query."""
    attempt, session, standing = view.attempt, view.attempt.session, view.standing
    clock = standing.attempt_clock
    running = attempt.status == "in_progress" and clock is not None
    hold = "session" if standing.session_held else "student" if standing.held else None
    return {
        "attempt": str(attempt.uuid),
        "status": standing.shown_status(now),
        "held": bool(hold) and attempt.status in ("joined", "in_progress"),
        "hold_reason": hold,
        "admitted": standing.admitted,
        "denied": standing.denied and attempt.status == "joined",
        "voided": attempt.voided,
        "server_time": _iso(now),
        "opens_at": None if standing.opens_us is None else _iso(to_datetime(standing.opens_us)),
        "closes_at": None if standing.clock.closes_us is None else _iso(standing.clock.wall(standing.clock.closes_us, now)),
        "ends_at": _iso(standing.clock.wall(clock.end_us(now), now)) if running and clock else None,
        "left_ms": max(0, clock.left_us(now) // 1000) if running and clock else None,
        "duration_s": view.delivery.duration_s,
        "extra_s": extra_of(attempt, view.delivery.duration_s),
        # Where it changed, the page asks for the ledger, which says why.
        "granted_s": whole_seconds(attempt.granted_us),
        "assessment": session.placement.version.title,
        "organization": session.placement.organization_name or session.placement.organization,
        "session": session.name,
        "session_id": str(session.uuid),
        "instructions": view.delivery.instructions,
        "checking": view.delivery.checking,
        "show_answers": view.delivery.show_answers and results_released(view),
        "review": view.delivery.show_correctness and results_released(view),
        "answered": attempt.answered,
        "waits": standing.waits(now),
        "begun": standing.begun,
        "must_submit": standing.must_submit,
        "submit_until": _iso(_submit_until(view, now)),
        **_settings_shown(view),
        "flagged": attempt.flagged,
        "passed": attempt.passed,
        "focus_lost": attempt.focus_lost,
        "late": attempt.late_saves,
        "notice_no": session.notice_no,
        "receipt": _receipt(view),
    }


def _settings_shown(view: Seen) -> dict[str, Any]:
    """The delivery settings that a student's page follows."""
    delivery = view.delivery
    return {
        "warn_at_s": [minutes * 60 for minutes in delivery.warn_at],
        "time_zone": delivery.time_zone,
        "navigation": delivery.navigation,
        "focus": delivery.focus,
        "tools": delivery.tools,
        "tool_link": delivery.tool_link,
        "spellcheck": delivery.spellcheck,
        "honesty": delivery.honesty,
        "attempts_allowed": delivery.attempts_allowed,
    }


def _submit_until(view: Seen, now: datetime) -> datetime | None:
    """Until when a learner who has to submit still may, once the time is over."""
    over = view.standing.over_since(now)
    if not view.standing.must_submit or over is None or view.attempt.status == "submitted":
        return None
    return over + timedelta(seconds=view.delivery.end_grace_s)


def _receipt(view: Seen) -> dict[str, Any] | None:
    attempt = view.attempt
    if attempt.status != "submitted":
        return None
    released = results_released(view)
    score = None
    if released and view.delivery.show_score and attempt.scoring == "scored":
        score = {"earned": attempt.earned, "possible": attempt.possible}
    return {
        "submitted_at": _iso(attempt.submitted_at),
        "reason": attempt.end_reason,
        "answered": attempt.answered,
        "handin": attempt.handin if released else "none",
        "released": released,
        "shows_score": view.delivery.show_score,
        "release": view.delivery.release,
        "released_on": _iso(view.delivery.release_at) if view.delivery.release == "on_date" else None,
        "score": score,
    }


def results_released(view: Seen) -> bool:
    """Whether this learner may know the results: by the setting, or because they were released to all or to her."""
    if view.delivery.release == "never":
        return False
    by_staff = view.attempt.session.released_at is not None or view.attempt.released_at is not None
    return view.delivery.release == "on_submit" or by_staff


def full_state(view: Seen, now: datetime) -> dict[str, Any]:
    """:func:`brief_state` with the questions, the drafts and the ledger: three queries more; with results four."""
    state = brief_state(view, now)
    drafts = drafts_of(view.attempt)
    working = view.attempt.status in ("in_progress", "ended")
    state["questions"] = [
        {
            "item": question.item,
            "title": question.title,
            "points": question.max_points,
            "drafts": question.drafts,
            "answered": drafts.get(question.item, {}).get("answered", False),
        }
        # Before Start nothing of a question is told, not even what it is called.
        for question in (questions_for_learner(view) if view.attempt.status != "joined" else ())
    ]
    state["drafts"] = (
        {
            item: {"values": d["values"], "revision": d["revision"], "written_at": _iso(d["written_at"])}
            for item, d in drafts.items()
        }
        if working
        else {}
    )
    # Where the page's own count goes on after a reload or on another device.
    state["spent"] = dict(view.attempt.spent) if working else {}
    state["ledger"] = ledger.for_learner(view.attempt)
    state["results"] = queries_results.results_of(view.attempt, drafts) if _shows_points(view) else []
    return state


def _shows_points(view: Seen) -> bool:
    # A void attempt counts for nothing, and the next one has the same questions.
    shown = view.attempt.status == "submitted" and not view.attempt.voided
    return shown and results_released(view) and view.delivery.show_score


def taken_again(attempt_ids: Collection[int]) -> set[int]:
    """Those of these attempts after which their learners began another: what the platform holds is the later one's. One
    query."""
    later = Attempt.objects.filter(
        placement_id=OuterRef("placement_id"), learner_id=OuterRef("learner_id"), number__gt=OuterRef("number")
    )
    return set(Attempt.objects.filter(Exists(later), pk__in=attempt_ids).values_list("pk", flat=True))
