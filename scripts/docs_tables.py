"""Writes the tables of the documentation that the code knows best: settings, refusals and endpoints. ``make docs`` runs it.

A page keeps its own words; what stands between ``<!-- begin NAME -->`` and ``<!-- end NAME -->`` is written anew. The
settings are written once more, as comments that Open edX's own tools read.
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("docs/operating.md", "docs/api.md", "docs/sessions.md", "docs/events.md")
SETTING_ANNOTATIONS = "assessprep_xblock/settings/annotations.py"


def _settings() -> list[str]:
    from assessprep_xblock import conf

    rows = ["| setting | default | allowed | what it does, and why it is so |", "|---|---|---|---|"]
    rows += [f"| `{one.name}` | `{one.default!r}` | {one.allowed} | {one.why} |" for one in conf.SETTINGS.values()]
    return rows


def setting_annotations() -> str:
    """The module whose comments tell Open edX's tools (code-annotations, its page of settings) what may be set."""
    from assessprep_xblock import conf

    lines = ['"""What operators may set, as Open edX\'s tools read it. Made from ``conf.py`` by ``make docs``."""']
    for one in conf.SETTINGS.values():
        lines += ["", f"# .. setting_name: {one.name}", f"# .. setting_default: {one.default!r}"]
        said = f".. setting_description: {one.why} Allowed: {one.allowed}."
        lines += textwrap.wrap(said, 120, initial_indent="# ", subsequent_indent="#   ", break_long_words=False)
    return "\n".join(lines) + "\n"


def _refusals() -> list[str]:
    from assessprep_xblock.domain.shared.refusals import CODES
    from assessprep_xblock.domain.shared.sentences import SENTENCES

    rows = ["| code | status | what the person reads |", "|---|---|---|"]
    rows += [f"| `{code}` | {status} | {SENTENCES[code]} |" for code, status in CODES.items()]
    return rows


def _endpoints() -> list[str]:
    from assessprep_xblock.api.urls import urlpatterns
    from assessprep_xblock.domain.monitoring import actions as invigilating

    rows = ["| call | what it does |", "|---|---|"]
    for pattern in urlpatterns:
        address = re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", str(pattern.pattern))
        view = pattern.callback
        if address == "schema/":
            rows.append(f"| `GET {address}` | The schema of the staff calls, OpenAPI 3. |")
            continue
        if methods := getattr(view, "method", None):
            rows.append(f"| `{methods} {address}` | {_first_line(view)} |")
            continue
        for method in ("get", "post", "put", "patch", "delete"):
            if action := getattr(view.view_class, method, None):
                given = view.view_initkwargs
                shown = given.get("act") or getattr(invigilating, given.get("action", ""), None) or action
                rows.append(f"| `{method.upper()} {address}` | {_first_line(shown)} |")
    return sorted(rows[:2]) + sorted(rows[2:], key=lambda row: row.split(" ", 3)[2])


def _first_line(documented: object) -> str:
    return (documented.__doc__ or "").strip().splitlines()[0] if documented.__doc__ else ""


def _changes() -> list[str]:
    from assessprep_xblock.domain.library.delivery import CATALOGUE
    from assessprep_xblock.domain.sessions.changing import may_change

    rows = [
        "| setting | draft, or published and nobody joined | published, students joined | archived |",
        "|---|---|---|---|",
    ]
    for one in CATALOGUE:
        joined = may_change(one.name, lifecycle="published", joined=True)
        rows.append(f"| {one.label} (`{one.name}`) | yes | {'yes' if joined else 'no'} | no |")
    return rows


def _events() -> list[str]:
    from assessprep_xblock.domain.events.catalogue import EVENTS

    rows = ["| event | version | about | when | its own fields |", "|---|---|---|---|---|"]
    for event in EVENTS.values():
        own = "; ".join(f"`{name}`: {meaning}" for name, meaning in event.facts)
        rows.append(f"| `{event.full_name}` | {event.version} | {event.about} | {event.meaning} | {own} |")
    return rows


def _event_fields() -> list[str]:
    from assessprep_xblock.domain.events import catalogue

    groups = {
        "every event": catalogue.ALWAYS,
        "events about a session or an attempt": catalogue.OF_SESSION,
        "events about an attempt": catalogue.OF_ATTEMPT,
    }
    rows = ["| field | in | what it is |", "|---|---|---|"]
    return rows + [f"| `{name}` | {where} | {what} |" for where, fields in groups.items() for name, what in fields.items()]


def _statements() -> list[str]:
    from assessprep_xblock.settings import statements

    rows = ["| event | xAPI verb | Caliper action |", "|---|---|---|"]
    for event, (verb, _display) in statements.XAPI_VERBS.items():
        rows.append(f"| `{event}` | `{verb}` | {statements.CALIPER_ACTIONS.get(event, '')} |")
    return rows


def _signals() -> list[str]:
    import attr

    from assessprep_xblock.domain.events import signals

    rows = ["| signal | type | the same as | what it carries |", "|---|---|---|---|"]
    for event, signal in signals.SIGNALS.items():
        (name,) = [name for name, value in vars(signals).items() if value is signal]
        ((argument, kind),) = signal.init_data.items()
        carried = ", ".join(f"`{field.name}`" for field in attr.fields(kind))
        rows.append(
            f"| `{name}` | `{signal.event_type}` | `edx.assessprep.{event}` | `{argument}`: `{kind.__name__}` ({carried}) |"
        )
    return rows


TABLES = {
    "changes": _changes,
    "settings": _settings,
    "refusals": _refusals,
    "endpoints": _endpoints,
    "events": _events,
    "event_fields": _event_fields,
    "statements": _statements,
    "signals": _signals,
}


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
    made[SETTING_ANNOTATIONS] = setting_annotations()
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
