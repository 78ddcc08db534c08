"""The schema of calls with many rows at once: sessions together, and rosters out of a list."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.serializers import CharField, ChoiceField, DictField, IntegerField, JSONField, ListField, UUIDField

from .shapes import LearnerOut, RosterIn

__all__ = ["RosterIn"]


class SessionRowIn(serializers.Serializer):
    """One session of many. ``settings`` go before those for all."""

    name = CharField(max_length=120)
    classes = ListField(child=IntegerField(), required=False)
    students = ListField(child=IntegerField(), required=False)
    settings = DictField(child=JSONField(), required=False)


class SessionsCheckIn(serializers.Serializer):
    """``rows``, or ``file``: a CSV file as base64, whose dates without an offset are meant in ``zone``."""

    assessment = UUIDField()
    settings = DictField(child=JSONField(), required=False)
    rows = SessionRowIn(many=True, required=False)
    file = CharField(required=False)
    zone = CharField(required=False)


class SessionsIn(serializers.Serializer):
    """The same rows, to be made; ``request_id`` makes a repeat harmless."""

    placement = UUIDField()
    settings = DictField(child=JSONField(), required=False)
    rows = SessionRowIn(many=True, required=False)
    file = CharField(required=False)
    zone = CharField(required=False)
    request_id = UUIDField()


class PlannedOut(serializers.Serializer):
    """What one row becomes. With ``problems`` nothing is made; ``notes`` stop nobody."""

    line = IntegerField()
    name = CharField()
    opens_at = CharField(allow_null=True)
    closes_at = CharField(allow_null=True)
    assigned = IntegerField()
    problems = ListField(child=CharField())
    notes = ListField(child=CharField())


class SessionsPlanOut(serializers.Serializer):
    """What all rows become. ``rows``: at most 200, those with problems first."""

    count = IntegerField()
    wrong = IntegerField()
    summary = CharField()
    encoding = CharField()
    rows = PlannedOut(many=True)


class SessionsMadeOut(serializers.Serializer):
    """The drafts that were made, in the order of their rows."""

    count = IntegerField()
    sessions = ListField(child=UUIDField())


class ListedIn(serializers.Serializer):
    """``text``: user names or addresses, one a line; or ``file``: a CSV file as base64."""

    text = CharField(required=False)
    file = CharField(required=False)


class ListedWrongOut(serializers.Serializer):
    """A line that means nobody who can be assigned."""

    line = IntegerField()
    text = CharField()
    what = ChoiceField(choices=["unknown", "not_enrolled", "twice"])


class ListedOut(serializers.Serializer):
    """Who was found, by name, and what was not. ``count``: names in the list."""

    count = IntegerField()
    results = LearnerOut(many=True)
    wrong = ListedWrongOut(many=True)


class RosterCountOut(serializers.Serializer):
    """How many learners a roster assigns now."""

    assigned = IntegerField()
