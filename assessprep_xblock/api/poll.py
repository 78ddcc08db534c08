"""What a student's page calls: plain Django views, because a block handler costs 25 queries before its first line."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from .. import browsers, conf
from ..domain.attempts import actions_answers, actions_back, actions_entry, actions_running, presence, queries, queries_entry
from ..domain.attempts.devices import is_other
from ..domain.attempts.queries_entry import GATES
from ..domain.attempts.rules import AWAY
from ..domain.attempts.standing import Seen, outside
from ..domain.library.delivery import moment
from ..domain.monitoring.notices import announcements_for
from ..domain.sessions import notices
from ..domain.shared.refusals import Refusal
from ..domain.shared.sentences import sentence
from .doors import hot, json_body, read_digits, read_usage_key

SALT = "assessprep.beat"
#: The notice number of a session in which nothing has happened since it was published.
PUBLISHED = 1
#: More often nobody leaves a page; a page that says so is broken, and the column is a small number.
MOST_FOCUS_LOST = 30_000


class Token(NamedTuple):
    """What a heartbeat knows of an attempt without reading it: ``watched``, whether leaving the page is recorded, a setting
    that stands once somebody has joined; ``settled``, see :func:`_place`."""

    attempt_id: int
    session_id: int
    watched: bool
    settled: str | None


def _answer(
    request: HttpRequest, view: Seen, now: datetime, *, full: bool = False, heard: int | None = None
) -> HttpResponse:
    """The attempt's state with its token and when to call again; ``heard``: with the announcements after that number."""
    state = queries.full_state(view, now) if full else queries.brief_state(view, now)
    attempt = view.attempt
    if full or heard is not None:
        state["announcements"] = announcements_for(session_id=attempt.session_id, attempt_id=attempt.pk, after=heard or 0)
        state["seen_announcement"] = attempt.seen_announcement
    watched = view.delivery.focus == "record"
    settled, state["outside"] = _place(view, browsers.address_of(request))
    state["waits"] = state["waits"] or state["outside"]
    state["token"] = signing.dumps([attempt.learner_id, *Token(attempt.pk, attempt.session_id, watched, settled)], salt=SALT)
    state["elsewhere"] = _elsewhere(request, view, now)
    state["next_poll_ms"] = _next_poll_ms(state)
    return JsonResponse(state)


def _said_before(view: Seen) -> int | None:
    """From which announcement on somebody is told who comes in now: from the first, or none where there can be none."""
    return 0 if view.attempt.session.notice_no > PUBLISHED else None


def _place(view: Seen, address: str) -> tuple[str | None, bool]:
    """The address for which a heartbeat need not look where the browser is ("": it has to look, None: it is all the same),
    and whether it is outside of the networks the session is kept to."""
    away = outside(view, address)
    if not view.delivery.networks or view.attempt.outside == "free":
        return None, False
    noted = view.attempt.outside == "waits" and view.attempt.status == "in_progress"
    return (address if noted or not away else ""), away or noted


def _elsewhere(request: HttpRequest, view: Seen, now: datetime) -> dict[str, Any] | None:
    """Where the test runs, if that is not this browser: the device, and what the session's settings say to that."""
    attempt, policy = view.attempt, view.delivery.second_device
    if attempt.status != "in_progress":
        return None
    if is_other(browsers.device_of(request), attempt.device):
        return {"device": attempt.device_label, "policy": policy}
    # The device it runs on is told of the other one only where both may go on.
    beside = policy == "allow" and attempt.other_device_at is not None and now - attempt.other_device_at < AWAY
    return {"device": attempt.other_device_label, "policy": policy} if beside else None


def _next_poll_ms(state: dict[str, Any]) -> int:
    """When the page should call again: sooner while it waits, and spread by chance so that a room never calls at once."""
    left = state["left_ms"]
    soon = state["held"] or state["status"] in ("joined", "ended") or (left is not None and left < 120_000)
    seconds = conf.get_int("ASSESSPREP_BEAT_SECONDS_URGENT") if soon else conf.get_int("ASSESSPREP_BEAT_SECONDS")
    return int(seconds * 1000 * random.uniform(0.7, 1.3))  # spreads load, guards nothing


@hot("POST")
def verify(request: HttpRequest, *, now: datetime, usage_key: str) -> HttpResponse:
    """Verify Session Code."""
    code = read_digits(json_body(request).get("code"), field="code")
    view = actions_entry.verify_code(
        usage_key=read_usage_key(usage_key),
        learner_id=request.user.pk,
        code=code,
        address=browsers.address_of(request),
        now=now,
    )
    return browsers.name_browser(request, _answer(request, view, now, heard=_said_before(view)))


@hot("POST")
def enter(request: HttpRequest, *, now: datetime, usage_key: str) -> HttpResponse:
    """Enter a session that asks for no code."""
    key, address = read_usage_key(usage_key), browsers.address_of(request)
    view = actions_entry.enter_without_code(usage_key=key, learner_id=request.user.pk, address=address, now=now)
    return browsers.name_browser(request, _answer(request, view, now, heard=_said_before(view)))


@hot("GET")
def entry(request: HttpRequest, *, now: datetime, usage_key: str) -> HttpResponse:
    """Why can't I start? Every gate up to the first closed one, and whether a code has to be typed."""
    key, address = read_usage_key(usage_key), browsers.address_of(request)
    found = queries_entry.entry_of(usage_key=key, learner_id=request.user.pk, address=address, now=now)
    gates = [
        {
            "gate": one.name,
            "ok": one.refusal is None,
            "words": sentence(one.refusal) if one.refusal else str(GATES[one.name]),
        }
        for one in found.gates
    ]
    return JsonResponse({"code_needed": found.code_needed, "gates": gates})


@hot("GET")
def my_attempt(request: HttpRequest, *, now: datetime) -> HttpResponse:
    """The learner's attempt in one placement, for a page that was just opened."""
    key = read_usage_key(request.GET.get("placement", ""))
    view = queries.newest_attempt(usage_key=key, learner_id=request.user.pk)
    if view is None:
        raise Refusal("not_found")
    return browsers.name_browser(request, _answer(request, view, now, full=True))


@hot("GET")
def attempt(request: HttpRequest, *, now: datetime, attempt_uuid: UUID) -> HttpResponse:
    """The learner's own attempt."""
    return _answer(request, queries.own_attempt(attempt_uuid=attempt_uuid, learner_id=request.user.pk), now, full=True)


@hot("POST")
def start(request: HttpRequest, *, now: datetime, attempt_uuid: UUID) -> HttpResponse:
    """Start the test."""
    view = actions_running.start(
        attempt_uuid=attempt_uuid,
        by=request.user.pk,
        agreed=json_body(request).get("agreed") is True,
        address=browsers.address_of(request),
        device=browsers.device_of(request),
        now=now,
    )
    return _answer(request, view, now)


@hot("POST")
def submit(request: HttpRequest, *, now: datetime, attempt_uuid: UUID) -> HttpResponse:
    """Submit the test."""
    spent = json_body(request).get("spent")
    address = browsers.address_of(request)
    view = actions_running.submit(attempt_uuid=attempt_uuid, by=request.user.pk, now=now, spent=spent, address=address)
    return _answer(request, view, now)


@hot("PUT")
def answer(request: HttpRequest, *, now: datetime, attempt_uuid: UUID, item: str) -> HttpResponse:
    """Save what was typed into one question."""
    body = json_body(request)
    revision, written = body.get("revision"), body.get("written_at")
    if isinstance(revision, bool) or not isinstance(revision, int) or not 0 < revision < 2**62:
        raise Refusal("invalid", field="revision", why="it has to be a positive whole number")
    saved = actions_answers.save_answer(
        attempt_uuid=attempt_uuid,
        by=request.user.pk,
        item=item,
        values=body.get("values"),
        revision=revision,
        written_at=None if written is None else moment(written, field="written_at"),
        device=browsers.device_of(request),
        spent=body.get("spent"),
        now=now,
    )
    saved_at = saved.saved_at.isoformat().replace("+00:00", "Z")
    return JsonResponse({"item": saved.item, "revision": saved.revision, "saved_at": saved_at, "answered": saved.answered})


@hot("POST")
def beat(request: HttpRequest, *, now: datetime, attempt_uuid: UUID) -> HttpResponse:
    """The heartbeat: 204 and no query of ours where nothing is new, else the attempt as it stands and what was announced."""
    body = json_body(request)
    attempt_id, session_id, watched, settled = _token(body.get("token"), request.user.pk)
    notice, heard = _number(body, "notice_no"), _number(body, "heard_announcement")
    if body.get("handed_in"):
        # Whoever has handed in only listens: no sign of life, no silence, no device.
        if notices.current(session_id) == notice:
            return HttpResponse(status=204)
        view = queries.own_attempt(attempt_uuid=attempt_uuid, learner_id=request.user.pk)
        return _answer(request, view, now, heard=heard)
    sign = presence.Sign(
        session_id=session_id,
        seen_announcement=_number(body, "seen_announcement"),
        heard_announcement=heard,
        focus_lost=min(_number(body, "focus_lost"), MOST_FOCUS_LOST) if watched else 0,
        device=(device := browsers.device_of(request)),
    )
    noted = presence.note(attempt_id=attempt_id, sign=sign, now=now)
    if noted.silence > AWAY:
        actions_back.note_return(attempt_uuid=attempt_uuid, by=request.user.pk, since=now - noted.silence, now=now)
    moved = settled is not None and settled != device.address
    if moved:
        actions_back.note_outside(attempt_uuid=attempt_uuid, by=request.user.pk, address=device.address, now=now)
    # Who was moved has a page of the session that was left, which was told so.
    if noted.session_id == session_id:
        notices.remember(session_id, current := noted.notice_no)
    else:
        current = notices.current(session_id)
    # A page that knows of the other device asks for itself what is new.
    unknown = (noted.beside and not body.get("beside")) or noted.late > _number(body, "late")
    if not body.get("at_zero") and not unknown and not moved and current == notice:
        return HttpResponse(status=204)
    view = queries.own_attempt(attempt_uuid=attempt_uuid, learner_id=request.user.pk)
    # Who was moved has heard nothing of the other session yet.
    return _answer(request, view, now, heard=heard if view.attempt.session_id == session_id else 0)


@hot("POST")
def move_here(request: HttpRequest, *, now: datetime, attempt_uuid: UUID) -> HttpResponse:
    """Go on with the test on this device."""
    device = browsers.device_of(request)
    view = actions_back.move_here(attempt_uuid=attempt_uuid, by=request.user.pk, device=device, now=now)
    return _answer(request, view, now)


@hot("POST")
def forward(request: HttpRequest, *, now: datetime, attempt_uuid: UUID) -> HttpResponse:
    """Leave questions behind, where one can only go forward."""
    passed = _number(json_body(request), "passed")
    return JsonResponse(
        {"passed": actions_answers.go_on(attempt_uuid=attempt_uuid, by=request.user.pk, passed=min(passed, 10_000), now=now)}
    )


@hot("PUT")
def flags(request: HttpRequest, *, now: datetime, attempt_uuid: UUID) -> HttpResponse:
    """Mark questions to look at again."""
    items = json_body(request).get("items")
    if not isinstance(items, list) or len(items) > 1000 or not all(isinstance(one, str) for one in items):
        raise Refusal("invalid", field="items", why="it has to be a list of questions' ids")
    known = actions_answers.flag(attempt_uuid=attempt_uuid, by=request.user.pk, items=items, now=now)
    return JsonResponse({"flagged": known})


def _token(token: Any, user_id: int) -> Token:
    """What a page's token says; it speaks only for the person it was made for."""
    try:
        owner, *said = signing.loads(token, salt=SALT)
        found = Token(*said)
    except (signing.BadSignature, TypeError, ValueError, AttributeError):
        raise Refusal("invalid", field="token", why="load the page again") from None
    if owner != user_id:
        raise Refusal("not_found")
    return found


def _number(body: dict[str, Any], name: str) -> int:
    value = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**62:
        raise Refusal("invalid", field=name, why="it has to be a whole number")
    return value


urlpatterns = [
    path("me/attempt", my_attempt, name="my-attempt"),
    path("placements/<str:usage_key>/verify", verify, name="verify"),
    path("placements/<str:usage_key>/enter", enter, name="enter"),
    path("placements/<str:usage_key>/entry", entry, name="entry"),
    path("attempts/<uuid:attempt_uuid>", attempt, name="attempt"),
    path("attempts/<uuid:attempt_uuid>/start", start, name="start"),
    path("attempts/<uuid:attempt_uuid>/submit", submit, name="submit"),
    path("attempts/<uuid:attempt_uuid>/answers/<str:item>", answer, name="answer"),
    path("attempts/<uuid:attempt_uuid>/beat", beat, name="beat"),
    path("attempts/<uuid:attempt_uuid>/forward", forward, name="forward"),
    path("attempts/<uuid:attempt_uuid>/flags", flags, name="flags"),
    path("attempts/<uuid:attempt_uuid>/move-here", move_here, name="move-here"),
]
