"""Every address below ``/assessprep/``: whose it is, and what a call of theirs looks like.

One without a row fails ``tests/doors/test_matrix.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver

from assessprep_xblock import urls

#: A code that stands nowhere by accident (what keys and numbers hold of it by chance is no code: tests/spelled.py).
CODE = "90817263"
#: That of another session, into which people without an account may come.
GUESTS_CODE = "51627384"
GUEST_RUN = "course-v1:Northside+SCI7+2026"

STAFF, AUTHOR, WATCHERS, LEARNER = {"staff"}, {"author"}, {"staff", "watcher", "chief"}, {"learner"}
CHIEFS = {"staff", "chief"}
EVERYBODY = {"staff", "author", "watcher", "chief", "learner", "classmate", "other_staff", "other_learner"}
#: Without an account: not come in yet, and come in.
GUEST, ANYBODY = {"guest"}, EVERYBODY | {"anonymous", "guest"}


@dataclass(frozen=True)
class Row:
    """Whose an address is, by method, and the bodies of valid calls; ``at``: the names of what stands in the address."""

    at: tuple[str, ...] = ()
    may: dict[str, set[str]] = field(default_factory=dict)
    body: dict[str, dict[str, Any]] = field(default_factory=dict)
    query: str = ""


def _deed(who: set[str], **body: Any) -> Row:
    return Row(("session",), {"POST": who}, {"POST": body})


ROWS: dict[str, Row] = {
    # students
    "my-attempt": Row((), {"GET": LEARNER | GUEST}, query="?placement={placement_key}"),
    "verify": Row(("placement_key",), {"POST": {"learner", "classmate"}}, {"POST": {"code": CODE}}),
    "enter": Row(("placement_key",), {"POST": {"learner", "classmate", "guest"}}, {"POST": {}}),
    # Everybody may ask why they cannot start, and is told of themselves alone.
    "entry": Row(("placement_key",), {"GET": EVERYBODY | GUEST}),
    "attempt": Row(("attempt",), {"GET": LEARNER}),
    "start": Row(("attempt",), {"POST": LEARNER}, {"POST": {}}),
    "submit": Row(("attempt",), {"POST": LEARNER}, {"POST": {}}),
    "answer": Row(("attempt", "item"), {"PUT": LEARNER}, {"PUT": {"values": "{values}", "revision": 7}}),
    "beat": Row(("attempt",), {"POST": LEARNER}, {"POST": {"token": "{token}", "notice_no": 0, "seen_announcement": 0}}),
    "forward": Row(("attempt",), {"POST": LEARNER}, {"POST": {"passed": 1}}),
    "flags": Row(("attempt",), {"PUT": LEARNER}, {"PUT": {"items": ["{item}"]}}),
    "move-here": Row(("attempt",), {"POST": LEARNER}, {"POST": {}}),
    "guest_enter": Row(
        ("run",), {"POST": {"anonymous"}}, {"POST": {"name": "Ann Guest", "code": GUESTS_CODE, "request_id": "{new}"}}
    ),
    # Before the next one, which signs this guest out everywhere else.
    "guest_leave": Row((), {"POST": GUEST}, {"POST": {}}),
    "guest_resume": Row(("run",), {"POST": {"anonymous"}}, {"POST": {"code": GUESTS_CODE, "pin": "{pin}"}}),
    "api_my_sessions": Row((), {"GET": EVERYBODY}),
    # authors
    "api_banks": Row(
        (), {"GET": EVERYBODY, "POST": AUTHOR}, {"POST": {"course_id": "{bank_run}", "title": "B", "shared_with": []}}
    ),
    "api_bank": Row(("bank",), {"PATCH": AUTHOR}, {"PATCH": {"title": "B", "sessions_enabled": True, "shared_with": []}}),
    "api_bank_availability": Row(
        ("bank",),
        {"PUT": AUTHOR},
        {"PUT": {"organization": "Northside", "opens_at": None, "closes_at": "2099-01-01T00:00:00Z", "stopped": False}},
    ),
    "api_bank_assessments": Row(("bank",), {"GET": AUTHOR, "POST": AUTHOR}, {"POST": {"usage_key": "{source_key}"}}),
    "api_assessment": Row(
        ("assessment",),
        {"GET": AUTHOR, "PATCH": AUTHOR},
        {
            "PATCH": {
                "version": 1,
                "title": "T",
                "standards": ["S1"],
                "question_standards": {"a": ["S2"]},
                "embargo_until": None,
                "settings": {"instructions": {"default": "Read.", "rule": "open"}},
            }
        },
    ),
    "api_assessment_publish": Row(("assessment",), {"POST": AUTHOR}, {"POST": {"release_note": "n"}}),
    "api_assessment_checks": Row(("assessment",), {"GET": AUTHOR}),
    "api_assessment_changes": Row(("assessment",), {"GET": AUTHOR}),
    "api_assessment_versions": Row(("assessment",), {"GET": AUTHOR}),
    "api_assessment_usage": Row(("assessment",), {"GET": AUTHOR}),
    "api_version_withdraw": Row(("version",), {"POST": AUTHOR}, {"POST": {"reason": "r"}}),
    # school staff
    "api_course_assessments": Row(("run",), {"GET": STAFF}),
    "api_placements": Row(("run",), {"GET": STAFF, "POST": STAFF}, {"POST": {"assessment": "{assessment}"}}),
    "api_placement": Row(("placement",), {"GET": STAFF}),
    "api_placement_check": Row(("placement",), {"POST": STAFF}, {"POST": {}}),
    "api_placement_version": Row(("placement",), {"PUT": STAFF}, {"PUT": {"version": "{version}"}}),
    "api_placement_add": Row(("placement",), {"POST": STAFF}, {"POST": {}}),
    "api_course_sessions": Row(
        ("run",),
        {"GET": STAFF, "POST": STAFF},
        {
            "POST": {
                "placement": "{placement}",
                "name": "X",
                "settings": {"instructions": "i", "duration_s": 600},
                "roster": {"everyone": True, "classes": [], "students": [], "excluded": []},
                "request_id": "{new}",
            }
        },
    ),
    "api_learners": Row(("run",), {"GET": STAFF}, query="?search=student"),
    "api_sessions_check": Row(
        ("run",),
        {"POST": STAFF},
        {"POST": {"assessment": "{assessment}", "settings": {"duration_s": 600}, "rows": [{"name": "N", "students": []}]}},
    ),
    "api_sessions_together": Row(
        ("run",),
        {"POST": STAFF},
        {"POST": {"placement": "{placement}", "settings": {}, "rows": [{"name": "N"}], "request_id": "{new}"}},
    ),
    "api_learners_listed": Row(("run",), {"POST": STAFF}, {"POST": {"text": "student-a-01"}}),
    "api_roster_count": Row(
        ("run",), {"POST": STAFF}, {"POST": {"everyone": True, "classes": [], "students": [], "excluded": []}}
    ),
    "api_session": Row(
        ("draft",),
        {"GET": STAFF, "PATCH": STAFF, "DELETE": STAFF},
        {
            "PATCH": {
                "version": 1,
                "name": "Y",
                "settings": {"closes_at": "2099-01-01T00:00:00Z"},
                "roster": {"everyone": True},
            }
        },
    ),
    "api_session_roster": Row(
        ("session",),
        {"PUT": STAFF},
        {"PUT": {"version": 1, "everyone": True, "classes": [], "students": [], "excluded": []}},
    ),
    "api_session_publish": _deed(STAFF),
    "api_session_unpublish": _deed(STAFF),
    "api_session_archive": _deed(STAFF),
    "api_session_unarchive": _deed(STAFF),
    "api_session_rotate_code": Row(("second",), {"POST": STAFF}, {"POST": {}}),
    "api_session_duplicate": _deed(STAFF, name="D", roster="absent", request_id="{new}"),
    "api_session_lint": _deed(STAFF),
    "api_invigilators": Row(
        ("session",), {"GET": STAFF, "POST": STAFF}, {"POST": {"who": "watcher", "level": "invigilator"}}
    ),
    "api_invigilator": Row(("session", "watcher_id"), {"DELETE": STAFF}),
    "api_accommodations": Row(("run",), {"GET": STAFF}),
    "api_accommodation": Row(
        ("run", "learner_id"), {"PUT": STAFF, "DELETE": STAFF}, {"PUT": {"percent": 150, "extra_s": 60}}
    ),
    # the Monitor
    "api_monitor": Row(("session",), {"GET": WATCHERS}),
    "api_session_pause": _deed(WATCHERS, attempts=["{attempt}"], reason="r"),
    "api_session_resume": _deed(WATCHERS, attempts=["{attempt}"], reason="r"),
    "api_session_announce": _deed(WATCHERS, attempts="all", text="t", request_id="{new}"),
    "api_session_admit": _deed(WATCHERS, attempts="all"),
    "api_session_deny": _deed(WATCHERS, attempts=["{attempt}"], reason="r"),
    "api_session_extend": _deed(WATCHERS, attempts=["{attempt}"], seconds=60, reason="r", request_id="{new}"),
    "api_session_reverse": _deed(WATCHERS, entry="{entry}", reason="r"),
    "api_session_mark_absent": _deed(WATCHERS, learner_ids=[1], reason="r"),
    "api_session_unmark_absent": _deed(WATCHERS, learner_ids=[1]),
    "api_session_end": _deed(CHIEFS, attempts=["{nobody}"], reason="r"),
    "api_session_submit": _deed(CHIEFS, attempts=["{nobody}"], reason="r"),
    "api_session_begin": _deed(WATCHERS),
    "api_session_reopen": _deed(CHIEFS, attempts=["{nobody}"], seconds=60, reason="r"),
    "api_session_void": _deed(CHIEFS, attempts=["{nobody}"], reason="r"),
    "api_session_renew": _deed(CHIEFS, attempts=["{nobody}"], reason="r"),
    "api_session_move": _deed(CHIEFS, attempts=["{nobody}"], target="{second}", reason="r"),
    "api_session_undo": _deed(CHIEFS, deed="{deed}", reason="r"),
    "api_session_irregularities": _deed(
        WATCHERS,
        learner_ids="session",
        category="technical",
        subcategory="network",
        comment="c",
        request_id="{new}",
    ),
    "api_session_withdraw_irregularity": _deed(WATCHERS, irregularity="{irregularity}", reason="r"),
    "api_session_claim": _deed(WATCHERS, learner_ids=["{learner_id}"]),
    "api_session_release_claim": _deed(WATCHERS, learner_ids=["{learner_id}"]),
    "api_session_why": Row(("session", "learner_id"), {"GET": WATCHERS}),
    "api_attendance_csv": Row(("session",), {"GET": WATCHERS}),
    "api_attendance_xlsx": Row(("session",), {"GET": WATCHERS}),
    "api_incidents_csv": Row(("session",), {"GET": WATCHERS}),
    "api_incidents_xlsx": Row(("session",), {"GET": WATCHERS}),
    "api_log_csv": Row(("session",), {"GET": WATCHERS}),
    "api_log_xlsx": Row(("session",), {"GET": WATCHERS}),
    "api_session_let_back": _deed(WATCHERS, attempts=["{attempt}"]),
    "api_session_replay": Row(("session",), {"GET": WATCHERS}),
    "api_course_rooms": Row(("run",), {"GET": WATCHERS}),
    "api_my_rooms": Row((), {"GET": EVERYBODY}),
    "api_session_outages": Row(
        ("session",),
        {"GET": WATCHERS, "POST": WATCHERS},
        {"POST": {"since": "{ago}", "until": "{now}", "attempts": ["{attempt}"], "reason": "r", "request_id": "{new}"}},
    ),
    "api_session_clear_tries": _deed(WATCHERS, learner_ids=[1]),
    "api_session_settle": _deed(WATCHERS),
    "api_attempt_log": Row(("attempt",), {"GET": WATCHERS}),
    # results
    "api_grades": Row(("session",), {"GET": STAFF}),
    "api_grades_csv": Row(("session",), {"GET": STAFF}),
    "api_grades_xlsx": Row(("session",), {"GET": STAFF}),
    "api_release": Row(("session",), {"GET": STAFF, "POST": STAFF}, {"POST": {"attempts": ["{attempt}"]}}),
    "api_mark": Row(
        ("attempt", "item"),
        {"PUT": STAFF},
        {"PUT": {"version": "0-0", "points": 1, "criteria": {}, "comment": "c", "reason": "r"}},
    ),
    "api_mark_undo": Row(("attempt", "item"), {"POST": STAFF}, {"POST": {"version": "0-0"}}),
    "api_mark_settle": Row(
        ("attempt", "item"),
        {"POST": STAFF},
        {"POST": {"version": "0-0", "points": 1, "criteria": {}, "comment": "c", "reason": "r"}},
    ),
    "api_lease": Row(("attempt",), {"POST": STAFF, "DELETE": STAFF}, {"POST": {"take_over": True}}),
    "api_reveal_names": _deed(STAFF, reason="r"),
    "api_regrade_preview": Row(
        ("session",), {"GET": STAFF, "POST": STAFF}, {"POST": {"version": 2, "dropped": "leave"}}, query="?version=2"
    ),
    "api_regrade": _deed(STAFF, correction="{correction}"),
    "api_regrade_undo": _deed(STAFF, correction="{correction}"),
    "api_impact": Row(("assessment",), {"GET": AUTHOR, "POST": AUTHOR}, {"POST": {"version": 1, "dropped": "full"}}),
    # analysis
    "api_analysis": Row(("assessment",), {"GET": STAFF | AUTHOR}),
    "api_analysis_csv": Row(("assessment",), {"GET": STAFF | AUTHOR}),
    "api_analysis_xlsx": Row(("assessment",), {"GET": STAFF | AUTHOR}),
    "api_analysis_prepare": Row(("assessment",), {"POST": STAFF | AUTHOR}, {"POST": {}}),
    # for everybody who builds on it
    "api_schema": Row((), {"GET": EVERYBODY | {"anonymous"}}),
    # pages
    "library": Row((), {"GET": {"author", "staff", "other_staff"}}),
    "guest_entry": Row(("run",), {"GET": ANYBODY}),
    "library_add": Row((), {"GET": AUTHOR}, query="?block={source_key}"),
    "bank": Row(("bank",), {"GET": AUTHOR}),
    "assessment": Row(("assessment",), {"GET": AUTHOR}),
    "assessment_changes": Row(("assessment",), {"GET": AUTHOR}),
    "impact": Row(("assessment",), {"GET": AUTHOR}),
    "assessment_usage": Row(("assessment",), {"GET": AUTHOR}),
    "assessment_usage_csv": Row(("assessment",), {"GET": AUTHOR}),
    "assessment_usage_xlsx": Row(("assessment",), {"GET": AUTHOR}),
    "course": Row(("run",), {"GET": STAFF | {"learner", "classmate"}}),
    "sessions": Row(("run",), {"GET": STAFF}),
    "rooms": Row((), {"GET": EVERYBODY}),
    "control_room": Row(("run",), {"GET": WATCHERS}),
    "sessions_together": Row(("run",), {"GET": STAFF}, query="?assessment={assessment}"),
    "course_preview": Row(("run", "assessment"), {"GET": STAFF}),
    "course_assessment": Row(("run", "assessment"), {"GET": STAFF}),
    "session_new": Row(("run", "assessment"), {"GET": STAFF}),
    "session": Row(("session",), {"GET": STAFF}),
    "accommodations": Row(("run",), {"GET": STAFF}),
    "session_display": Row(("session",), {"GET": STAFF}),
    "session_sheet": Row(("session",), {"GET": STAFF}),
    "session_edit": Row(("session",), {"GET": STAFF}),
    "monitor": Row(("session",), {"GET": WATCHERS}),
    "outages": Row(("session",), {"GET": WATCHERS}),
    "replay": Row(("session",), {"GET": WATCHERS}),
    "grade": Row(("session",), {"GET": STAFF}),
    "regrading": Row(("session",), {"GET": STAFF}),
    "submission": Row(("attempt",), {"GET": STAFF}),
    "as_answered": Row(("attempt", "item"), {"GET": STAFF}),
    "grade_next": Row(("session",), {"GET": STAFF}),
    "grade_questions": Row(("session",), {"GET": STAFF}),
    "conflicts": Row(("session",), {"GET": STAFF}),
    "analyse": Row(("session",), {"GET": STAFF}),
    "assessment_analyse": Row(("assessment",), {"GET": STAFF | AUTHOR}),
}


PAGES = frozenset(list(ROWS)[list(ROWS).index("library") :])


def addresses() -> Iterator[tuple[str, URLPattern]]:
    """Every address of ours by its name."""

    def below(patterns: list[Any]) -> Iterator[tuple[str, URLPattern]]:
        for one in patterns:
            if isinstance(one, URLResolver):
                yield from below(one.url_patterns)
            else:
                yield one.name, one

    return below(urls.urlpatterns)
