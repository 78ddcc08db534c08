"""What every endpoint does the same way: who asks, when, what was sent, and how a refusal is answered."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar
from uuid import RFC_4122, UUID, uuid5

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.request import RawPostDataException
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException, NotAuthenticated, ParseError, PermissionDenied
from rest_framework.parsers import JSONParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, ListSerializer, Serializer
from rest_framework.views import APIView

from ..domain.monitoring import repeats
from ..domain.shared import spreadsheets
from ..domain.shared.refusals import Refusal
from ..domain.shared.sentences import sentence
from ..domain.shared.spreadsheets import Table
from ..domain.shared.texts import plain

A = TypeVar("A", bound=HttpResponseBase)
LARGEST_BODY = 200_000
_DIGITS = re.compile(r"[0-9]{4,8}\Z")
#: A room of 5,000 students named one by one, with room to spare.
LARGEST_STAFF_BODY = 1_000_000
#: Of a name that nobody knows so much is said back.
LONGEST_FIELD = 60


def refusal_body(refusal: Refusal) -> dict[str, Any]:
    """``{"code", "message", ...facts}``."""
    return {**refusal.facts, "code": refusal.code, "message": sentence(refusal)}


def _headers(refusal: Refusal) -> dict[str, str]:
    return {"Retry-After": str(refusal.facts["retry_after"])} if "retry_after" in refusal.facts else {}


def refusal_response(refusal: Refusal) -> JsonResponse:
    """A refusal as a plain Django answer."""
    return JsonResponse(refusal_body(refusal), status=refusal.status, headers=_headers(refusal))


def _too_old() -> str:
    """What whoever is signed out can do, and whoever's page has a token from before somebody signed in again."""
    return _("You are signed out, or this page has been open for too long. Sign in again in a new tab, then try again here.")


def _signed_out() -> dict[str, str]:
    return {"code": "signed_out", "message": _too_old()}


def hot(method: str, *, anybody: bool = False) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A plain view for a student's call: one method, outside the platform's request-long transaction, and signed in unless
    it is for ``anybody``.

    The view gets ``now``; the refusals it raises are answered. CSRF is checked by Django's own middleware.
    """

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @transaction.non_atomic_requests
        @wraps(view)
        def door(request: HttpRequest, **named: Any) -> HttpResponse:
            if request.method != method:
                return JsonResponse(
                    {"code": "malformed", "message": f"Use {method}."}, status=405, headers={"Allow": method}
                )
            # The platform signs in accounts that are not active, too; StaffView's own check leaves them out as well.
            if not anybody and not (request.user.is_authenticated and request.user.is_active):
                return JsonResponse(_signed_out(), status=401)
            try:
                return _unkept(view(request, now=timezone.now(), **named))
            except Refusal as refusal:
                return _unkept(refusal_response(refusal))

        door.method = method  # type: ignore[attr-defined]  the documentation's table reads it
        return door

    return wrap


def _unkept(answer: A) -> A:
    """The same answer, to be kept by no browser and no proxy: the next person at this device goes back to it."""
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def json_body(request: HttpRequest, *, largest: int = LARGEST_BODY) -> dict[str, Any]:
    """The request's JSON object; anything else is ``malformed``."""
    try:
        raw = request.body
    except RawPostDataException:
        # Sent as a form with files, which the search for the CSRF token has read.
        raise Refusal("malformed") from None
    if len(raw) > largest:
        raise Refusal("too_large", field="body", limit=f"{largest} bytes")
    try:
        # NaN and Infinity are no JSON, and no database takes them.
        body = json.loads(raw or b"{}", parse_constant=_no_constant, object_pairs_hook=_each_once)
        # Half a character ("\ud800") can be neither stored nor sent back, nor can what is too large for a number.
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise Refusal("malformed") from None
    if not isinstance(body, dict):
        raise Refusal("malformed")
    return body


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that says everything once: of a name said twice every reader takes another."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name was said twice")
    return found


def refuse_unknown(given: Any, shape: type[Serializer] | None) -> None:
    """Refuse what a call takes nothing of: whoever misspelt a name is told so, instead of being told that all went well.

    Values are looked at by whoever reads them; what is no object where one belongs is theirs to refuse.
    """
    fields: Mapping[str, BaseSerializer] = {} if shape is None else shape._declared_fields
    for name, value in given.items() if isinstance(given, dict) else ():
        if name not in fields:
            why = _("nothing of this name is taken here, only: {known}")
            raise Refusal("invalid", field=name[:LONGEST_FIELD], why=why, known=", ".join(sorted(fields)) or "–")
        inner = fields[name]
        if isinstance(inner, ListSerializer):
            for one in value if isinstance(value, list) else ():
                refuse_unknown(one, type(inner.child))
        elif isinstance(inner, Serializer):
            refuse_unknown(value, type(inner))


def takes(shape: type[Serializer] | None, **told: Any) -> Callable[[Callable[..., A]], Callable[..., A]]:
    """For a write of a :class:`StaffView`: what it takes (None: nothing), for the schema, and that nothing else is taken.

    ``told``: what else the schema says, as ``extend_schema`` has it.
    """

    def wrap(write: Callable[..., A]) -> Callable[..., A]:
        @wraps(write)
        def door(self: StaffView, request: HttpRequest, **named: Any) -> A:
            refuse_unknown(self.body(), shape)
            return write(self, request, **named)

        door.takes = shape  # type: ignore[attr-defined]  a test asks it of every write
        return extend_schema(request=shape, **told)(door)

    return wrap


def read_uuid(value: Any, *, field: str) -> UUID:
    """A UUID out of JSON, of RFC 9562: what only looks like one makes an error of MariaDB's where it is written."""
    try:
        found = UUID(value)
    except (TypeError, ValueError, AttributeError):
        found = None
    if found is None or found.variant != RFC_4122 or found.version not in range(1, 9):
        raise Refusal("invalid", field=field, why="it has to be a UUID")
    return found


def read_digits(value: Any, *, field: str) -> str:
    """A code or a PIN as somebody types it: digits of any script, with blanks and hyphens between them.

    What cannot be one is "-", which nobody has: it is looked up all the same, counts, and costs, like any wrong one.
    """
    if not isinstance(value, str):
        raise Refusal("invalid", field=field, why="it has to be text, so that leading zeros are kept")
    digits = "".join(str(unicodedata.decimal(one, one)) for one in re.sub(r"[\s-]", "", value[:100]))
    return digits if _DIGITS.match(digits) else "-"


def read_text(value: Any, *, field: str, most: int, least: int = 0) -> str:
    """A text of ``least..most`` characters, trimmed, as :func:`~..domain.shared.texts.plain` keeps it."""
    if not isinstance(value, str):
        raise Refusal("invalid", field=field, why="it has to be text")
    text = plain(value).strip()
    if len(text) > most:
        raise Refusal("too_large", field=field, limit=f"{most} characters")
    if len(text) < least:
        raise Refusal("invalid", field=field, why="it may not be empty")
    return text


def read_usage_key(value: str) -> UsageKey:
    """A usage key of a course run out of an address; an unreadable one, or a library's, is simply not there."""
    try:
        key = UsageKey.from_string(value)
    except InvalidKeyError:
        raise Refusal("not_found") from None
    if not isinstance(key.context_key, CourseKey):
        raise Refusal("not_found")
    return key


def read_course_key(value: str) -> CourseKey:
    """A course key out of an address; an unreadable one is simply not there."""
    try:
        return CourseKey.from_string(value)
    except InvalidKeyError:
        raise Refusal("not_found") from None


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class StaffView(APIView):
    """A REST call for staff: session sign-in with CSRF, JSON in and out, refusals answered as everywhere else."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAuthenticated]
    parser_classes = [JSONParser]
    throttle_classes: list = []
    # The platform may describe its own calls with another tool.
    schema = AutoSchema()

    @property
    def now(self) -> datetime:
        """The time of this request, read once."""
        if not hasattr(self, "_now"):
            self._now = timezone.now()
        return self._now

    @property
    def user_id(self) -> int:
        """Who asks."""
        return self.request.user.pk

    largest_body = LARGEST_STAFF_BODY

    def body(self) -> dict[str, Any]:
        """The request's JSON object, read once."""
        if not hasattr(self, "_body"):
            self._body = json_body(self.request, largest=self.largest_body)
        return self._body

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Every answer, kept by nobody."""
        return _unkept(super().finalize_response(request, response, *args, **kwargs))

    def once(self, action: str, deed: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Do what a request asks for, unless its ``request_id`` says that it was done: then what was remembered of it.

        For calls that add something although nobody pressed twice: a network that repeats a request by itself. What is
        remembered is kept; nothing secret belongs in it.
        """
        body = self.body()
        if "request_id" not in body:
            return deed()
        # The same name sent to another address is another request.
        request_id = uuid5(read_uuid(body["request_id"], field="request_id"), self.request.path)
        return repeats.once(deed, by=self.user_id, request_id=request_id, action=action, now=self.now)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer refusals and DRF's own errors in the one shape."""
        if isinstance(exc, ParseError):
            exc = Refusal("malformed")
        if isinstance(exc, Refusal):
            return Response(refusal_body(exc), status=exc.status, headers=_headers(exc))
        if isinstance(exc, NotAuthenticated):
            return Response(_signed_out(), status=401)
        if isinstance(exc, PermissionDenied):
            # Only the token's check says this here: what is not somebody's own is a refusal, or is not there.
            return Response({"code": "malformed", "message": _too_old()}, status=403)
        if isinstance(exc, APIException):
            return Response({"code": "malformed", "message": str(exc.detail)}, status=exc.status_code)
        return super().handle_exception(exc)


class FileSchema(AutoSchema):
    """Tells of a table what it is downloaded as, which each of its addresses says of itself."""

    def get_response_serializers(self) -> Any:
        """A text, or bytes."""
        told = spreadsheets.KINDS[self.view.kind].partition(";")[0]
        return {(200, told): OpenApiTypes.STR if told.startswith("text/") else OpenApiTypes.BINARY}


class FileView(StaffView):
    """A table to download, as CSV or as XLSX. A refusal is JSON all the same."""

    kind = "csv"
    schema = FileSchema()

    def perform_content_negotiation(self, request: Any, force: bool = False) -> Any:
        """The answer is a file whatever was accepted; without this an Accept of its type alone would be refused."""
        return super().perform_content_negotiation(request, force=True)

    def file(self, name: str, *tables: Table) -> StreamingHttpResponse:
        """The tables as a file of this kind: a CSV has the first alone."""
        told = spreadsheets.headers(self.kind, f"{name} {self.now:%Y-%m-%d}")
        return StreamingHttpResponse(spreadsheets.content(self.kind, tables), headers=told)


def files(address: str, view: type[FileView], name: str, **given: Any) -> list[URLPattern]:
    """The addresses of one table: ``<address>.csv`` and ``<address>.xlsx``, named ``<name>_csv`` and ``<name>_xlsx``."""
    return [
        path(f"{address}.{kind}", view.as_view(kind=kind, **given), name=f"{name}_{kind}") for kind in spreadsheets.KINDS
    ]
