"""The schema of what the people who watch a room send, deed by deed."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.serializers import BooleanField, CharField, IntegerField, JSONField, ListField, UUIDField

from ..domain.monitoring.rules import LONGEST_ANNOUNCEMENT, LONGEST_COMMENT, LONGEST_REASON, MOST_SECONDS

_UUIDS = {"type": "array", "items": {"type": "string", "format": "uuid"}, "minItems": 1}
_ACCOUNTS = {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, "minItems": 1}


@extend_schema_field({"oneOf": [{"type": "string", "enum": ["all"]}, _UUIDS]})
class Attempts(JSONField):
    """``"all"``, or attempts by their ids."""


@extend_schema_field(_ACCOUNTS)
class Accounts(JSONField):
    """Learners, by their account ids."""


@extend_schema_field({"oneOf": [{"type": "string", "enum": ["session"]}, _ACCOUNTS]})
class AccountsOrSession(JSONField):
    """Learners, or the whole room."""


def _reason() -> CharField:
    return CharField(required=False, allow_blank=True, max_length=LONGEST_REASON)


class DeedIn(serializers.Serializer):
    """``request_id`` makes a repeat harmless: it gets the first answer."""

    request_id = UUIDField(required=False)


class AttemptsIn(DeedIn):
    """To whom."""

    attempts = Attempts()


class WhomIn(AttemptsIn):
    """To whom, and why."""

    reason = _reason()


class NamedIn(DeedIn):
    """To whom, by name, and why."""

    attempts = ListField(child=UUIDField(), allow_empty=False)
    reason = _reason()


class ReopenIn(WhomIn):
    """With so many seconds more."""

    seconds = IntegerField(required=False, min_value=0, max_value=MOST_SECONDS)


class ExtendIn(WhomIn):
    """By so many seconds; below 0: by so many less."""

    seconds = IntegerField(min_value=-MOST_SECONDS, max_value=MOST_SECONDS)
    request_id = UUIDField()


class MoveIn(NamedIn):
    """Into that session."""

    target = UUIDField()


class UndoIn(DeedIn):
    """Which deed."""

    deed = UUIDField()
    reason = _reason()


class ReverseIn(DeedIn):
    """Which entry of the ledger."""

    entry = IntegerField(min_value=1, max_value=2**62 - 1)
    reason = _reason()


class AccountsIn(DeedIn):
    """Whom."""

    learner_ids = Accounts()


class MarkAbsentIn(AccountsIn):
    """Whom, and why."""

    reason = _reason()


class IrregularityIn(DeedIn):
    """What happened, and to whom."""

    learner_ids = AccountsOrSession()
    category = CharField(max_length=20)
    subcategory = CharField(max_length=30)
    comment = CharField(required=False, allow_blank=True, max_length=LONGEST_COMMENT)
    request_id = UUIDField()


class WithdrawIrregularityIn(DeedIn):
    """Which note."""

    irregularity = UUIDField()
    reason = _reason()


class AnnounceIn(AttemptsIn):
    """What is said, and whether students have to press that they read it."""

    text = CharField(max_length=LONGEST_ANNOUNCEMENT)
    acknowledge = BooleanField(required=False)
    request_id = UUIDField()


class ClearTriesIn(serializers.Serializer):
    """Whose tries: these accounts', or with ``guests`` those of people without an account."""

    learner_ids = Accounts(required=False)
    guests = BooleanField(required=False)


class OutageIn(DeedIn):
    """What is made up for, to whom, and how many seconds at most."""

    attempts = Attempts()
    since = CharField()
    until = CharField()
    at_most_s = IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_SECONDS)
    reason = CharField(max_length=LONGEST_REASON)
    request_id = UUIDField()
