"""The gate: whoever touches a guarded question, by whatever route, passes here. One decision, three thin adapters.

The decision is a table (``domain/attempts/access.py``). Which questions are guarded is one cached look-up per course run.
What cannot be found out is refused.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import crum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.module_loading import import_string
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import AsideUsageKey, CourseKey, UsageKey
from webob import Response
from xblock.core import XBlockMixin

from . import conf
from .browsers import current_device
from .domain.attempts import queries_access
from .domain.attempts.access import may, touch_of
from .domain.library import guards
from .domain.shared.refusals import Refusal
from .domain.shared.sentences import sentence
from .lms import get_lms

log = logging.getLogger(__name__)

#: Routes on which the block mixin decides: it knows the learner really bound to the block, also where a token names her.
HANDLER_ROUTES = frozenset({"xblock_handler", "xblock_handler_noauth"})
#: Routes of Studio, on which the Studio middleware decides (one process may serve both).
STUDIO_ROUTES = frozenset({"preview_handler", "component_handler"})
#: How the platform writes a slash and a semicolon into an argument of an address.
QUOTED = re.compile(";[;_]")


# -- the decision ------------------------------------------------------------------------------------------------------
def refusal_for(
    usage_key: UsageKey, touch: Callable[[str], str], *, learner_id: int | None, session: Mapping
) -> Refusal | None:
    """Why this touch of this question is refused, or None. ``touch`` names it, given how the question is guarded."""
    if getattr(usage_key.context_key, "run", "") is None:
        # A name of the oldest store: which run's block it is, only the platform's view will say. That is too late.
        return Refusal("question_closed")
    try:
        kind = guards.guards_in(usage_key.context_key).kind(usage_key)
        if kind is None:
            return None
        course_key = usage_key.context_key
        as_student = learner_id is not None and get_lms().masquerading_as_student(learner_id, course_key, session)
        if kind == guards.SOURCE:
            access = queries_access.access_to_source(usage_key=usage_key, learner_id=learner_id, as_student=as_student)
        else:
            look = queries_access.access_to_text if kind == guards.TEXT else queries_access.access_to_question
            access = look(
                usage_key=usage_key,
                learner_id=learner_id,
                as_student=as_student,
                now=timezone.now(),
                device=current_device(),
            )
    except Exception:
        # Whatever went wrong, an open door would be worse. The log says what it was.
        log.exception("the gate could not find out about %s, and refuses", usage_key)
        return Refusal("unavailable")
    if may(access.standing, touch(kind)):
        return None
    return Refusal(_REASONS.get(access.standing, "question_closed"))


#: What a learner is told. Who stands outside is told nothing about the test.
_REASONS = {
    "answering": "checked_at_hand_in",
    "held": "held",
    "ended": "not_in_progress",
    "ended_in_grace": "not_in_progress",
    "submitted": "already_submitted",
    "reviewing": "already_submitted",
    "shown": "already_submitted",
}


# -- the block mixin ---------------------------------------------------------------------------------------------------
class GateMixin(XBlockMixin):
    """Mixed into every block of the LMS: no handler of a guarded question runs unless the table says so.

    Authoritative for handlers, whichever route led here. The server's own hand-in does not come through ``handle``.
    """

    def handle(self, handler_name: str, request: Any, suffix: str = "") -> Any:
        """Run the handler, or answer with a refusal that the question's own script can show."""
        usage_key = self.scope_ids.usage_id
        if isinstance(usage_key, UsageKey):
            refusal = refusal_for(
                usage_key,
                # A text is read, whatever its handlers do: a film's player asks for subtitles and keeps its place.
                lambda kind: (
                    "read"
                    if kind == guards.TEXT
                    else touch_of(handler_name, suffix or "", keeps_own_state=kind == guards.OWN_STATE)
                ),
                learner_id=_bound_learner(self),
                session=_current_session(),
            )
            if refusal is not None:
                return _handler_refusal(refusal, handler_name, suffix or "")
        return super().handle(handler_name, request, suffix)


def _bound_learner(block: Any) -> int | None:
    """The account the block is bound to: not always the one of the web session (tokens, staff who act as one learner)."""
    try:
        service = block.runtime.service(block, "user")
        return service.get_current_user().opt_attrs.get("edx-platform.user_id")
    except Exception:  # noqa: BLE001  a runtime without the service binds nobody; for a guarded question that is a refusal
        return None


def _current_session() -> Mapping:
    return getattr(crum.get_current_request(), "session", None) or {}


def _handler_refusal(refusal: Refusal, handler_name: str, suffix: str) -> Response:
    """Capa's script shows nothing of an error status, only a sentence in an answer of 200; others get the status."""
    words = sentence(refusal)
    if handler_name != "xmodule_handler":
        return _json({"code": refusal.code, "message": words}, status=_status(refusal))
    if suffix.strip("/") == "problem_check":
        return _json({"success": words}, status=200)
    return _json({"success": False, "msg": words}, status=200)


def _status(refusal: Refusal) -> int:
    """503 where nobody knows, which a page tries again; a decision is 403, whatever the same refusal is elsewhere."""
    return refusal.status if refusal.status >= 500 else 403


def _json(body: Mapping[str, Any], *, status: int) -> Response:
    return Response(json.dumps(body).encode(), status=status, content_type="application/json", charset="UTF-8")


# -- the middleware ----------------------------------------------------------------------------------------------------
class _Gate:
    """What both middlewares share: they look at the resolved address, and let everything else pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; :meth:`process_view` decides."""
        return self.get_response(request)


class GateMiddleware(_Gate):
    """Refuses pages of guarded questions in the LMS, whatever the route: a mixin is not asked for pages."""

    def process_view(
        self, request: HttpRequest, _view: Any, args: Iterable, kwargs: Mapping[str, Any]
    ) -> HttpResponse | None:
        """A refusal, or None to go on."""
        name = request.resolver_match.url_name if request.resolver_match else None
        for usage_key, of_aside in _usage_keys((*args, *kwargs.values())):
            if not of_aside and (name in HANDLER_ROUTES or name in STUDIO_ROUTES):
                continue
            if name == "xqueue_callback":
                refusal = self._queue_refusal(usage_key, kwargs)
            else:
                refusal = refusal_for(
                    usage_key, lambda _kind: "page", learner_id=_user_id(request), session=_session(request)
                )
            if refusal is not None:
                return _page_refusal(request, refusal)
        return None

    @staticmethod
    def _queue_refusal(usage_key: UsageKey, kwargs: Mapping[str, Any]) -> Refusal | None:
        """This route names a learner and asks for no sign-in: it may bring a grader's score and nothing else."""
        if kwargs.get("dispatch") == "score_update":
            return None
        return refusal_for(usage_key, lambda _kind: "write", learner_id=None, session={})


class StudioGateMiddleware(_Gate):
    """Refuses Studio's previews, which ask for nothing but a sign-in, to all but a run's authors.

    Where a run is a bank or holds a placement, every block of it: a draft question has no guard row yet.
    """

    def process_view(
        self, request: HttpRequest, _view: Any, args: Iterable, kwargs: Mapping[str, Any]
    ) -> HttpResponse | None:
        """A refusal, or None to go on."""
        if request.resolver_match is None or request.resolver_match.url_name not in STUDIO_ROUTES:
            return None
        for usage_key, _of_aside in _usage_keys((*args, *kwargs.values())):
            if not _may_preview(usage_key, _user_id(request)):
                return _page_refusal(request, Refusal("question_closed"))
        return None


def _may_preview(usage_key: UsageKey, user_id: int | None) -> bool:
    try:
        found = guards.guards_in(usage_key.context_key)
        if not found.questions and not found.bank:
            return True
        return user_id is not None and get_lms().is_course_staff(user_id, usage_key.context_key)
    except Exception:
        log.exception("the gate could not find out about %s, and refuses", usage_key)
        return False


def _usage_keys(values: Iterable[Any]) -> Iterator[tuple[UsageKey, bool]]:
    """The blocks among the arguments of an address, whatever their names, and whether one of a block's asides was named.

    Several views of the platform undo quoted slashes and move the key into the run that the same address names, whatever
    run it names itself. So a question's id under the name of another run is taken for the question as well.
    """
    given = list(values)
    runs = [run for run in map(_course_key, given) if run is not None]
    for value in given:
        usage_key = _usage_key(value)
        if usage_key is None:
            continue
        of_aside = isinstance(usage_key, AsideUsageKey)
        block: UsageKey = usage_key.usage_key if of_aside else usage_key
        yield block, of_aside
        block_id = getattr(block, "block_id", None)
        for run in runs:
            if block_id and run != block.context_key:
                yield run.make_usage_key(block.block_type, block_id), of_aside


def _course_key(value: Any) -> CourseKey | None:
    if isinstance(value, CourseKey):
        return value
    try:
        return CourseKey.from_string(value) if isinstance(value, str) and ":" in value else None
    except InvalidKeyError:
        return None


def _usage_key(value: Any) -> UsageKey | None:
    if isinstance(value, UsageKey):
        return value
    if not isinstance(value, str) or ":" not in value:
        return None
    for one in (value, QUOTED.sub(lambda found: "/" if found[0] == ";_" else ";", value)):
        try:
            return UsageKey.from_string(one)
        except InvalidKeyError:
            continue
    return None


def _user_id(request: HttpRequest) -> int | None:
    user = getattr(request, "user", None)
    return user.pk if user is not None and user.is_authenticated else None


def _session(request: HttpRequest) -> Mapping:
    return getattr(request, "session", None) or {}


def _page_refusal(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A sentence on a plain page for a reader, JSON for a program."""
    words, status = sentence(refusal), _status(refusal)
    if "text/html" in request.headers.get("Accept", ""):
        return render(request, "assessprep_xblock/student/refused.html", {"message": words}, status=status)
    return JsonResponse({"code": refusal.code, "message": words}, status=status)


# -- courseware search -------------------------------------------------------------------------------------------------
class SearchGate:
    """One result of the LMS's courseware search (``SEARCH_RESULT_PROCESSOR``): the index holds the text of every question.

    Guarded questions are found by the course's staff alone, whatever a learner's attempt would allow. Everything else is
    left to the class that was set before, and to the platform's own where none was.
    """

    def __init__(self, dictionary: dict[str, Any], match_phrase: str) -> None:
        self.found = dictionary
        self.inner = import_string(conf.get_str("ASSESSPREP_SEARCH_RESULT_PROCESSOR"))(dictionary, match_phrase)

    def should_remove(self, user: Any) -> bool:
        """Whether this person does not get this result."""
        return self._closed(user) or self.inner.should_remove(user)

    def add_properties(self) -> None:
        """What a result shows beside its text."""
        self.inner.add_properties()

    def _closed(self, user: Any) -> bool:
        try:
            usage_key = UsageKey.from_string(self.found["id"])
        except (KeyError, InvalidKeyError):
            return False  # a course, or something else that is no block
        try:
            if guards.guards_in(usage_key.context_key).kind(usage_key) is None:
                return False
            person = getattr(user, "pk", None)
            return person is None or not get_lms().is_course_staff(person, usage_key.context_key)
        except Exception:
            log.exception("the gate could not find out about %s, and hides it", usage_key)
            return True
