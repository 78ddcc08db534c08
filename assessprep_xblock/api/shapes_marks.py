"""The schema of what graders send: points, releases, corrected marking."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DictField,
    FloatField,
    IntegerField,
    UUIDField,
)

from ..domain.grading.rules import LONGEST_COMMENT, LONGEST_REASON
from ..domain.grading.rules_twice import ROUNDS
from ..domain.library.corrections import FULL, LEAVE
from .shapes_room import Attempts


class MarkVersionIn(serializers.Serializer):
    """The version of the mark that was read."""

    version = CharField(max_length=60, allow_blank=True)


class PointsIn(MarkVersionIn):
    """Points, or null to take the mark back; by criterion where there is a rubric."""

    points = FloatField(allow_null=True)
    criteria = DictField(child=FloatField(), required=False)
    comment = CharField(required=False, allow_blank=True, max_length=LONGEST_COMMENT)
    reason = CharField(required=False, allow_blank=True, max_length=LONGEST_REASON)


class MarkIn(PointsIn):
    """``round``: which of two marks, where two people mark an answer."""

    round = ChoiceField(choices=ROUNDS, required=False, allow_null=True)


class LeaseIn(serializers.Serializer):
    """Whether to take it from somebody who has it open."""

    take_over = BooleanField(required=False)


class RevealIn(serializers.Serializer):
    """Why names are shown."""

    reason = CharField(max_length=LONGEST_REASON)


class ReleaseIn(serializers.Serializer):
    """Whose results; everybody's unless some are named."""

    attempts = Attempts(required=False)


class CorrectionAskedIn(serializers.Serializer):
    """The version that corrects, and what becomes of dropped questions."""

    version = IntegerField(min_value=1, max_value=10**8 - 1)
    dropped = ChoiceField(choices=[LEAVE, FULL], required=False)


class CorrectionIn(serializers.Serializer):
    """Which correction."""

    correction = UUIDField()
