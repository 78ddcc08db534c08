"""Where our translations are: last in the line, so that what an operator pulled with atlas comes first."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

LOCALE = Path(__file__).resolve().parent.parent / "conf" / "locale"


def add_translations(settings: Any) -> None:
    """Let Django find the catalogues that come with the package. Safe to repeat."""
    given = getattr(settings, "LOCALE_PATHS", ())
    work_out = getattr(given, "calculate_value", None)
    if work_out is None:
        settings.LOCALE_PATHS = _with_ours(given)
    else:
        # The platform works its own paths out once all settings are read (its class ``Derived``); ours come behind them.
        settings.LOCALE_PATHS = type(given)(lambda final: _with_ours(work_out(final)))


def _with_ours(paths: Iterable[Any]) -> list[Any]:
    known = list(paths)
    return known if str(LOCALE) in map(str, known) else [*known, str(LOCALE)]
