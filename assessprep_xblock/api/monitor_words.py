"""What happened, and what stands in the way, as sentences for the people who watch a room."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

#: What happened, as it is told. An action that is not here is told by its name.
EVENTS = {
    "join": gettext_lazy("{who} joined with the session's code."),
    "admit": gettext_lazy("{who} let the student in."),
    "deny": gettext_lazy("{who} did not let the student in."),
    "start": gettext_lazy("{who} started the test."),
    "let_back": gettext_lazy("{who} let the student go on."),
    "begin": gettext_lazy("{who} began the test for the room."),
    "pause": gettext_lazy("{who} paused the session."),
    "resume": gettext_lazy("{who} let the session go on."),
    "hold": gettext_lazy("{who} paused this student."),
    "release_hold": gettext_lazy("{who} let this student go on."),
    "extend": gettext_lazy("{who} changed the time."),
    "reverse": gettext_lazy("{who} took an entry of the time back."),
    "outage": gettext_lazy("{who} made up for time without contact between {since} and {until}."),
    "undo_outage": gettext_lazy("{who} took back what was made up for an outage."),
    "outside": gettext_lazy("{who} left the allowed networks and waits to be let back."),
    "return": gettext_lazy("{who} came back after a silence and waits to be let back."),
    "move_here": gettext_lazy("{who} went on with the test on another device."),
    "end": gettext_lazy("{who} ended the test."),
    "submit": gettext_lazy("{who} handed the test in."),
    "announce": gettext_lazy("{who} announced something."),
    "mark_absent": gettext_lazy("{who} marked students as absent: {n}."),
    "unmark_absent": gettext_lazy("{who} took the mark “absent” away: {n}."),
    "clear_tries": gettext_lazy("{who} cleared wrong codes."),
    "publish_session": gettext_lazy("{who} published the session."),
    "archive_session": gettext_lazy("{who} archived the session."),
    "unarchive_session": gettext_lazy("{who} brought the session back from the archive."),
    "rotate_code": gettext_lazy("{who} gave the session a new code."),
    "change_session": gettext_lazy("{who} changed the session."),
    "release": gettext_lazy("{who} released results."),
    "mark": gettext_lazy("{who} gave points."),
    "mark_round": gettext_lazy("{who} gave one of two marks."),
    "agree_marks": gettext_lazy("{who} gave the second mark, and both agree."),
    "settle_marks": gettext_lazy("{who} settled between two marks."),
    "judge_marks": gettext_lazy("{who} changed how far two marks may differ: these two were compared again."),
    "settle": gettext_lazy("The time was over: handed in by the server."),
    "reopen": gettext_lazy("{who} reopened the test."),
    "void": gettext_lazy("{who} declared the attempt void."),
    "renew": gettext_lazy("{who} let the student begin a new attempt; this one is kept."),
    "undo_end": gettext_lazy("{who} undid the end."),
    "undo_submit": gettext_lazy("{who} undid the submit."),
    "undo_void": gettext_lazy("{who} took the void back."),
    "move_out": gettext_lazy("{who} moved the student to another session."),
    "move_in": gettext_lazy("{who} moved the student here from another session."),
    "irregularity": gettext_lazy("{who} noted an irregularity."),
    "withdraw_irregularity": gettext_lazy("{who} took a note of an irregularity back."),
    "saved": gettext_lazy("An answer was saved. By the student's own clock it was written at {written}."),
    "silence": gettext_lazy("No contact for {n} seconds."),
}

#: (open, closed) for each gate of "Why can't she start?".
GATES = {
    "enrolled": (gettext_lazy("Enrolled in the course"), gettext_lazy("Not enrolled in the course: enrol the student.")),
    "assigned": (
        gettext_lazy("On the list of this session, or let in as a guest"),
        gettext_lazy("Not on the list: add the student to the session, or allow guests."),
    ),
    "published": (gettext_lazy("The session is published"), gettext_lazy("The session is not published.")),
    "opened": (gettext_lazy("The session has opened"), gettext_lazy("The session opens later ({at}).")),
    "not_closed": (
        gettext_lazy("The session is not closed"),
        gettext_lazy("The session is closed since {at}: move its close, or reopen the student's test."),
    ),
    "not_paused": (gettext_lazy("The session is not paused"), gettext_lazy("The whole session is paused.")),
    "absent": (gettext_lazy("Not marked as absent"), gettext_lazy("Marked as absent: take the mark away.")),
    "tries": (
        gettext_lazy("Not locked out by wrong codes"),
        gettext_lazy("Typed {n} wrong codes and is locked out for now: clear the tries."),
    ),
    "joined": (gettext_lazy("Has joined"), gettext_lazy("Has not typed the right code of this session yet.")),
    "here": (gettext_lazy("In no other session"), gettext_lazy("Is in the session “{session}”: move the student here.")),
    "not_void": (gettext_lazy("The attempt counts"), gettext_lazy("The attempt is void: give a new one.")),
    "not_submitted": (gettext_lazy("Not handed in"), gettext_lazy("The test is handed in: reopen it.")),
    "time_left": (gettext_lazy("There is time left"), gettext_lazy("The time is over: reopen the test with more minutes.")),
    "admitted": (gettext_lazy("Let in"), gettext_lazy("Waits to be let in.")),
    "begun": (gettext_lazy("The test has begun"), gettext_lazy("The test has not begun: begin it for the room.")),
    "inside": (
        gettext_lazy("In an allowed network"),
        gettext_lazy("Left the networks the session is kept to: let the student back, then any network will do."),
    ),
    "not_away": (
        gettext_lazy("Goes on where the student sits"),
        gettext_lazy("Waits after a silence, or at another device: let the student back."),
    ),
    "not_held": (gettext_lazy("Not paused alone"), gettext_lazy("This student is paused: resume.")),
}


def event(told: dict[str, Any], name: str) -> str:
    """One event as a sentence, with the reason where one was given."""
    told_of = {key: str(value) for key, value in told["facts"].items()}
    accounts = told["facts"].get("accounts")
    counted = {"n": str(len(accounts))} if isinstance(accounts, list) else {}
    facts = {"n": "", "written": _("unknown"), "since": "", "until": "", **told_of, **counted}
    words = str(EVENTS.get(told["action"], told["action"])).format(**{**facts, "who": told["by"] or name})
    return f"{words} {_('Reason:')} {told['reason']}" if told["reason"] else words


def gate(told: dict[str, Any]) -> str:
    """One gate as a sentence; a closed one says what opens it."""
    passed, closed = GATES[told["gate"]]
    facts = {key: str(value or "") for key, value in told["facts"].items()}
    return str(passed) if told["open"] else str(closed).format(**facts)
