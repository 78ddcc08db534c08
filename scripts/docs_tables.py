"""Writes the tables of the documentation that the code knows best: settings and refusals. ``make docs`` runs it.

A page keeps its own words; what stands between ``<!-- begin NAME -->`` and ``<!-- end NAME -->`` is written anew.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("docs/operating.md",)


def _settings() -> list[str]:
    from assessprep_xblock import conf

    rows = ["| setting | default | allowed | what it does, and why it is so |", "|---|---|---|---|"]
    rows += [f"| `{one.name}` | `{one.default!r}` | {one.allowed} | {one.why} |" for one in conf.SETTINGS.values()]
    return rows


def _refusals() -> list[str]:
    from assessprep_xblock.domain.shared.refusals import CODES
    from assessprep_xblock.domain.shared.sentences import SENTENCES

    rows = ["| code | status | what the person reads |", "|---|---|---|"]
    rows += [f"| `{code}` | {status} | {SENTENCES[code]} |" for code, status in CODES.items()]
    return rows


TABLES = {"settings": _settings, "refusals": _refusals}


def pages() -> dict[str, str]:
    """Path of each page -> its text as it ought to be."""
    made = {}
    for name in PAGES:
        text = (ROOT / name).read_text(encoding="utf-8")
        for table, rows in TABLES.items():
            between = re.compile(rf"(<!-- begin {table} -->\n).*?(<!-- end {table} -->)", re.S)
            if between.search(text):
                block = "\n".join(rows())
                text = between.sub(lambda found, block=block: f"{found[1]}{block}\n{found[2]}", text)
        made[name] = text
    return made


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devlms.settings")
    import django
    from django.utils import translation

    django.setup()
    translation.activate("en")
    for page, text in pages().items():
        (ROOT / page).write_text(text, encoding="utf-8")
