"""Where our translations are: last in the line, so that what an operator pulled with atlas comes first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

LOCALE = Path(__file__).resolve().parent.parent / "conf" / "locale"


def add_translations(settings: Any) -> None:
    """Let Django find the catalogues that come with the package. Safe to repeat."""
    paths = list(getattr(settings, "LOCALE_PATHS", ()))
    if str(LOCALE) not in map(str, paths):
        settings.LOCALE_PATHS = [*paths, str(LOCALE)]
