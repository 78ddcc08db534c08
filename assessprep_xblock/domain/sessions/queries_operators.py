"""What operators' commands ask about sessions."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from .models import AssessmentSession


def session_ids(uuids: Collection[UUID]) -> list[int]:
    """The ids of these sessions; unknown ones are left out."""
    return list(AssessmentSession.objects.filter(uuid__in=uuids).order_by("pk").values_list("pk", flat=True))
