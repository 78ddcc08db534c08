"""Every way this product says no: a stable public code, the HTTP status that carries it, and facts for the sentence.

The sentences themselves are in :mod:`.sentences`, because they are translated and this module imports no framework.
"""

from __future__ import annotations

from typing import Any

#: Refusal code -> HTTP status. 400 unreadable, 403 not yours, 404 not there or not to be told, 409 the state says no,
#: 429 slow down, 503 nobody can tell just now. Codes are public: renaming one breaks clients.
CODES: dict[str, int] = {
    # unreadable
    "malformed": 400,
    "invalid": 400,
    "too_large": 400,
    # not yours, not there
    "forbidden": 403,
    "not_found": 404,
    # entering
    "code_wrong": 403,
    "pin_wrong": 403,
    "signed_in_already": 403,
    "guest_elsewhere": 403,
    "too_many_tries": 429,
    "not_open_yet": 409,
    "session_closed": 409,
    "already_submitted": 409,
    "in_another_session": 409,
    "not_admitted": 409,
    "not_enrolled": 403,
    "not_assigned": 403,
    "code_needed": 409,
    "guests_full": 409,
    "wrong_network": 403,
    "too_late_to_start": 409,
    "not_begun": 409,
    "honesty_needed": 409,
    "other_device": 409,
    "away_too_long": 409,
    "no_attempt_left": 409,
    "denied": 409,
    "marked_absent": 409,
    # a question, at the gate
    "question_closed": 403,
    "checked_at_hand_in": 403,
    "unavailable": 503,
    # an attempt's state
    "held": 409,
    "not_started": 409,
    "being_prepared": 409,
    "not_in_progress": 409,
    "time_over": 409,
    "grace_over": 409,
    "question_left": 409,
    "voided": 409,
    "stale_draft": 409,
    "state_changed": 409,
    "move_refused": 409,
    "taken_again": 409,
    "nothing_left": 409,
    "nothing_lost": 409,
    "changed_since": 409,
    "moved_since": 409,
    "too_late_to_undo": 409,
    "handin_running": 409,
    "not_joined": 409,
    "not_reversible": 409,
    "claimed": 409,
    # a session's state
    "not_published": 409,
    "already_published": 409,
    "archived": 409,
    "has_attempts": 409,
    "students_working": 409,
    "lint_errors": 409,
    "code_space_full": 409,
    "already_begun": 409,
    "already_held": 409,
    "not_held": 409,
    "stale_version": 409,
    "close_in_the_past": 409,
    "in_two_sessions": 409,
    "rows_wrong": 400,
    # content
    "nothing_to_publish": 409,
    "unpublished_changes": 409,
    "no_questions": 409,
    "ungradable_question": 409,
    "unsuitable_question": 409,
    "no_points": 409,
    "missing_tags": 409,
    "bank_closed": 409,
    "unit_gone": 409,
    "withdrawn": 409,
    "setting_locked": 400,
    "setting_out_of_range": 400,
    "settings_contradict": 400,
    "placement_not_ready": 409,
    "placement_in_use": 409,
    "platform_unavailable": 409,
    # marking
    "mark_out_of_range": 400,
    "mark_step": 400,
    "reason_needed": 400,
    "grade_pending": 409,
    "leased": 409,
    "never_released": 409,
    "nothing_to_undo": 409,
    "marked_by_you": 409,
    "round_taken": 409,
    "both_marks_in": 409,
    "second_mark_missing": 409,
    "settling_reason_needed": 400,
    "not_submitted": 409,
    "question_dropped": 409,
    "not_a_correction": 409,
    "preview_first": 409,
    # analysis
    "report_not_ready": 409,
}


class Refusal(Exception):
    """The product says no. ``code`` is one of :data:`CODES`; ``facts`` go to the client beside the sentence.

    A refusal changed nothing, except that a wrong code was counted.
    """

    def __init__(self, code: str, **facts: Any) -> None:
        if code not in CODES:
            raise ValueError(f"{code!r} is not a refusal code")
        super().__init__(code)
        self.code = code
        self.facts = facts

    @property
    def status(self) -> int:
        """The HTTP status that carries this refusal."""
        return CODES[self.code]
