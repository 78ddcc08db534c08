"""REST for school staff: sessions, their rosters and their life."""
from __future__ import annotations

urlpatterns: list = []
