"""REST for authors and staff: banks, assessments, versions, placements."""
from __future__ import annotations

urlpatterns: list = []
