"""Pages of sessions, for the staff of schools."""
from __future__ import annotations

urlpatterns: list = []
