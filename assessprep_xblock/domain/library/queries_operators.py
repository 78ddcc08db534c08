"""What operators' commands ask about banks and placements."""

from __future__ import annotations

from django.db.models import Count
from opaque_keys.edx.keys import CourseKey

from .models import Bank, Placement


def placements_in_trouble() -> dict[str, int]:
    """State -> how many placements, of those in which somebody has to do something."""
    rows = Placement.objects.filter(state__in=("failed", "drifted")).values_list("state").annotate(n=Count("pk"))
    return dict(rows.order_by("state"))


def bank_runs(most: int) -> list[CourseKey]:
    """The course runs of the newest banks."""
    return [key for key in Bank.objects.order_by("-pk").values_list("course_key", flat=True)[:most] if key]
