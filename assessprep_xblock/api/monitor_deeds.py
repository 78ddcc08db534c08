"""What an invigilator does: one address for each deed, each answered row by row with what was done and what was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from rest_framework.response import Response

from ..domain.attempts.actions_settle import settle_once
from ..domain.monitoring import actions, actions_begin, actions_notes, repeats
from ..domain.monitoring.rules import (
    CHIEF_ONLY,
    LONGEST_ANNOUNCEMENT,
    LONGEST_COMMENT,
    LONGEST_REASON,
    MOST_ATTEMPTS,
    MOST_SECONDS,
)
from ..domain.sessions.queries import session_for_monitor
from ..domain.shared.refusals import Refusal
from . import shapes_room as shapes
from .doors import StaffView, read_text, read_uuid, takes


def _attempts(body: dict[str, Any]) -> Any:
    """``"all"`` or a list of attempts' UUIDs."""
    given = body.get("attempts")
    if given == "all":
        return "all"
    if not isinstance(given, list) or not given:
        raise Refusal("invalid", field="attempts", why='it has to be "all" or a list of ids')
    if len(given) > MOST_ATTEMPTS:
        raise Refusal("too_large", field="attempts", limit=f"{MOST_ATTEMPTS} ids")
    return list(dict.fromkeys(read_uuid(one, field="attempts") for one in given))


def _reason(body: dict[str, Any]) -> str:
    return read_text(body.get("reason", ""), field="reason", most=LONGEST_REASON)


def _seconds(body: dict[str, Any]) -> int:
    seconds = body.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not seconds or abs(seconds) > MOST_SECONDS:
        why = f"it has to be a whole number from -{MOST_SECONDS} to {MOST_SECONDS}, not 0"
        raise Refusal("invalid", field="seconds", why=why)
    return seconds


def _learners(body: dict[str, Any]) -> list[int]:
    given = body.get("learner_ids")
    if not isinstance(given, list) or not given or len(given) > MOST_ATTEMPTS:
        raise Refusal("invalid", field="learner_ids", why="it has to be a list of account ids")
    # Larger numbers are no account's, and no database's integer either.
    if any(isinstance(one, bool) or not isinstance(one, int) or not 0 < one < 2**31 for one in given):
        raise Refusal("invalid", field="learner_ids", why="it has to be a list of account ids")
    return sorted(set(given))


def _named(body: dict[str, Any]) -> list[UUID]:
    """Attempts by name: what is done to each of them apart from the others is never done to "all"."""
    given = _attempts(body)
    if given == "all":
        raise Refusal("invalid", field="attempts", why="it has to be a list of ids")
    return list(given)


def _more_seconds(body: dict[str, Any]) -> int:
    """Seconds given with a reopening: 0 or more."""
    seconds = body.get("seconds", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds <= MOST_SECONDS:
        raise Refusal("invalid", field="seconds", why="it has to be a whole number from 0 to {most}", most=MOST_SECONDS)
    return seconds


def _entry(body: dict[str, Any]) -> int:
    entry = body.get("entry")
    if isinstance(entry, bool) or not isinstance(entry, int) or not 0 < entry < 2**62:
        raise Refusal("invalid", field="entry", why="it has to be the number of an entry")
    return entry


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise Refusal("invalid", field=name, why="it has to be true or false")
    return value


def _whom(body: dict[str, Any]) -> dict[str, Any]:
    return {"attempts": _attempts(body), "reason": _reason(body)}


Reads = Callable[[dict[str, Any]], dict[str, Any]]

#: Address -> (the deed, what it takes, and that read out of the body and checked before anything else is done).
DEEDS: dict[str, tuple[Callable[..., dict[str, Any]], type[shapes.DeedIn], Reads]] = {
    "pause": (actions.pause, shapes.WhomIn, _whom),
    "resume": (actions.resume, shapes.WhomIn, _whom),
    "end": (actions.end, shapes.WhomIn, _whom),
    "submit": (actions.submit, shapes.WhomIn, _whom),
    "void": (actions.void, shapes.WhomIn, _whom),
    "deny": (actions.deny, shapes.WhomIn, _whom),
    "admit": (actions.admit, shapes.AttemptsIn, lambda body: {"attempts": _attempts(body)}),
    "reopen": (actions.reopen, shapes.ReopenIn, lambda body: {**_whom(body), "seconds": _more_seconds(body)}),
    "renew": (actions.renew, shapes.NamedIn, lambda body: {"attempts": _named(body), "reason": _reason(body)}),
    "move": (
        actions.move,
        shapes.MoveIn,
        lambda body: {
            "attempts": _named(body),
            "target": read_uuid(body.get("target"), field="target"),
            "reason": _reason(body),
        },
    ),
    "undo": (
        actions.undo,
        shapes.UndoIn,
        lambda body: {"deed": read_uuid(body.get("deed"), field="deed"), "reason": _reason(body)},
    ),
    "reverse": (actions.reverse, shapes.ReverseIn, lambda body: {"entry": _entry(body), "reason": _reason(body)}),
    "mark-absent": (
        actions.mark_absent,
        shapes.MarkAbsentIn,
        lambda body: {"learner_ids": _learners(body), "reason": _reason(body)},
    ),
    "unmark-absent": (actions.unmark_absent, shapes.AccountsIn, lambda body: {"learner_ids": _learners(body)}),
    "irregularities": (
        actions_notes.report_irregularity,
        shapes.IrregularityIn,
        lambda body: {
            "learner_ids": "session" if body.get("learner_ids") == "session" else _learners(body),
            "category": read_text(body.get("category"), field="category", most=20),
            "subcategory": read_text(body.get("subcategory"), field="subcategory", most=30),
            "comment": read_text(body.get("comment", ""), field="comment", most=LONGEST_COMMENT),
            "request_id": read_uuid(body.get("request_id"), field="request_id"),
        },
    ),
    "withdraw-irregularity": (
        actions_notes.withdraw_irregularity,
        shapes.WithdrawIrregularityIn,
        lambda body: {
            "irregularity": read_uuid(body.get("irregularity"), field="irregularity"),
            "reason": _reason(body),
        },
    ),
    "claim": (actions_notes.claim, shapes.AccountsIn, lambda body: {"learner_id": _learners(body)[0]}),
    "release-claim": (actions_notes.release_claim, shapes.AccountsIn, lambda body: {"learner_id": _learners(body)[0]}),
    "extend": (
        actions.extend,
        shapes.ExtendIn,
        lambda body: {
            **_whom(body),
            "seconds": _seconds(body),
            "request_id": read_uuid(body.get("request_id"), field="request_id"),
        },
    ),
    "announce": (
        actions.announce,
        shapes.AnnounceIn,
        lambda body: {
            "attempts": _attempts(body),
            "text": read_text(body.get("text"), field="text", most=LONGEST_ANNOUNCEMENT, least=1),
            "acknowledge": _flag(body, "acknowledge"),
            "request_id": read_uuid(body.get("request_id"), field="request_id"),
        },
    ),
}


class DeedView(StaffView):
    """``POST sessions/<uuid>/<deed>``: one deed in one session. Never reaches another session, whatever ids are sent."""

    name = ""
    act: Callable[..., dict[str, Any]] = staticmethod(actions.pause)

    def do(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """Do it, and answer row by row. With a ``request_id`` a repeat gets the first answer and does nothing."""
        session, level = session_for_monitor(session_uuid=session_uuid, user_id=self.user_id)
        if self.name in CHIEF_ONLY and level != "chief":
            raise Refusal("forbidden")
        body = self.body()
        _deed, _shape, reads = DEEDS[self.name]
        given = reads(body)
        if "request_id" in given:
            given["request_id"] = _of_this(given["request_id"], session_uuid, self.name)
        call = {"session_id": session.pk, "by": self.user_id, "now": self.now, **given}
        if self.name == "undo":
            call["chief"] = level == "chief"
        if "request_id" in given or "request_id" not in body:
            return Response(self.act(**call))
        request_id = _of_this(read_uuid(body["request_id"], field="request_id"), session_uuid, self.name)
        return Response(
            repeats.once(lambda: self.act(**call), by=self.user_id, request_id=request_id, action=self.name, now=self.now)
        )


def _view_of(name: str) -> Callable[..., HttpResponseBase]:
    """The view of one deed: all alike but for what they take."""
    deed, shape, _reads = DEEDS[name]
    post = takes(shape, responses=OpenApiTypes.OBJECT)(DeedView.do)
    return type("DeedView", (DeedView,), {"post": post, "__doc__": DeedView.__doc__}).as_view(name=name, act=deed)


def _of_this(request_id: UUID, session_uuid: UUID, deed: str) -> UUID:
    """A request's name within its session and deed: the same name sent elsewhere is another request, and is done."""
    return uuid5(request_id, f"{session_uuid}/{deed}")


class BeginView(StaffView):
    """``POST sessions/<uuid>/begin``: the test begins, where the invigilator starts it for the whole room."""

    @takes(shapes.DeedIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """Everybody in the room may start from now on."""
        session, _level = session_for_monitor(session_uuid=session_uuid, user_id=self.user_id)
        about = {"session_id": session.pk, "by": self.user_id, "now": self.now}
        return Response(self.once("begin", lambda: actions_begin.begin(**about)))


class ClearTriesView(StaffView):
    """``POST sessions/<uuid>/clear-tries {learner_ids}``: these accounts may type a code again at once.

    With ``{guests: true}`` whoever comes without an account may.
    """

    @takes(shapes.ClearTriesIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """How many accounts, or networks of guests, had tries."""
        session, _level = session_for_monitor(session_uuid=session_uuid, user_id=self.user_id)
        body = self.body()
        if _flag(body, "guests"):
            return Response({"cleared": actions.clear_guest_tries(session_id=session.pk, by=self.user_id, now=self.now)})
        learners = _learners(body)
        cleared = actions.clear_tries(session_id=session.pk, by=self.user_id, learner_ids=learners, now=self.now)
        return Response({"cleared": cleared})


class SettleView(StaffView):
    """``POST sessions/<uuid>/settle``: whose time is over is handed in, and failed hand-ins are tried again."""

    @takes(None, responses=OpenApiTypes.OBJECT)
    def post(self, request: HttpRequest, session_uuid: UUID) -> Response:
        """How many were handed in, and how many were tried again."""
        session, _level = session_for_monitor(session_uuid=session_uuid, user_id=self.user_id)
        settled = settle_once(session_id=session.pk, now=self.now)
        return Response({"submitted": settled.submitted, "tried_again": settled.tried_again, "released": settled.released})


urlpatterns = [
    *(
        path(f"sessions/<uuid:session_uuid>/{name}", _view_of(name), name=f"api_session_{name.replace('-', '_')}")
        for name in DEEDS
    ),
    path("sessions/<uuid:session_uuid>/begin", BeginView.as_view(), name="api_session_begin"),
    path("sessions/<uuid:session_uuid>/clear-tries", ClearTriesView.as_view(), name="api_session_clear_tries"),
    path("sessions/<uuid:session_uuid>/settle", SettleView.as_view(), name="api_session_settle"),
]
