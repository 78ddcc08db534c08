"""Pages of banks and assessments, for authors and for the staff of schools."""
from __future__ import annotations

urlpatterns: list = []
