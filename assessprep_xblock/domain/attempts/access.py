"""May this learner touch this question now? One table, read by every adapter of the gate. No framework, no clock."""

from __future__ import annotations

#: Where somebody stands towards one question.
STANDINGS = (
    "outside",  # signed out, not enrolled, no attempt, joined, waiting, void
    "answering",  # in progress, checked at hand-in
    "practising",  # in progress, each question checked on its own
    "held",
    "ended",
    "ended_in_grace",  # what was typed in time may still be on its way
    "submitted",
    "reviewing",  # submitted, released: the questions again, with what was right and wrong
    "shown",  # submitted, released: the right answers as well
    "staff",  # course staff who do not view the course as a student
)

#: What can be done to a question. ``own_write``: a write of a block that keeps its own state. ``reveal``: show the answer.
TOUCHES = ("page", "write", "own_write", "read", "reveal", "draft")

#: (standing) -> the touches that are allowed. What is not here is refused.
ALLOWED: dict[str, frozenset[str]] = {
    "outside": frozenset(),
    "answering": frozenset({"page", "own_write", "read", "draft"}),
    "practising": frozenset({"page", "write", "own_write", "read", "reveal", "draft"}),
    "held": frozenset({"draft"}),
    "ended": frozenset(),
    "ended_in_grace": frozenset({"draft"}),
    "submitted": frozenset(),
    "reviewing": frozenset({"page", "read"}),
    "shown": frozenset({"page", "read", "reveal"}),
    "staff": frozenset({"page", "write", "own_write", "read", "reveal"}),
}

#: Handlers and dispatches (the handler's suffix) that only read. Everything not named here writes: an unknown one is refused
#: where writing is.
READS = frozenset({"problem_get", "input_ajax", "student_view_user_state", "student_view_data"})
REVEALS = frozenset({"problem_show", "show_answer"})


def may(standing: str, touch: str) -> bool:
    """The decision."""
    return touch in ALLOWED[standing]


def touch_of(handler: str, suffix: str, *, keeps_own_state: bool) -> str:
    """What a handler call does to a question. Capa has one handler, and its suffix says what is meant."""
    name = suffix.strip("/") if handler == "xmodule_handler" else handler
    if name in READS:
        return "read"
    if name in REVEALS:
        return "reveal"
    return "own_write" if keeps_own_state else "write"


def standing_of(
    *,
    status: str,
    voided: bool,
    held: bool,
    in_grace: bool,
    checking: str,
    released: bool,
    show_correctness: bool,
    show_answers: bool,
) -> str:
    """Where a learner with an attempt stands. ``status`` as shown: an attempt whose time is over is *ended*."""
    if voided or status in ("absent", "joined"):
        return "outside"
    if status == "in_progress":
        if held:
            return "held"
        return "practising" if checking == "as_you_go" else "answering"
    if status == "ended":
        return "ended_in_grace" if in_grace else "ended"
    if status == "submitted" and released and (show_answers or show_correctness):
        return "shown" if show_answers else "reviewing"
    return "submitted"
