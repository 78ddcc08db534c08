"""Every event we tell: its name, what it means, and which change (row of the audit trail) it tells of.

A name is ``edx.assessprep.<subject>.<what happened>``. Names and fields are public: a field may be added; whatever else
changes raises the event's ``version``, which every event carries as ``event_version``. ``docs/events.md`` is written from
this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "edx.assessprep."

#: Fields of every event.
ALWAYS = {
    "event_version": "version of this event's fields",
    "occurred_at": "when the change was made, ISO 8601 in UTC; the event's own time is when it was told",
    "user_id": "whom it is about: the learner of an attempt, else who did it; absent where the server did it by itself",
    "done_by": "`learner`, `staff` or `server`",
    "course_id": "course run",
}
#: Fields of every event about a session, or about an attempt in it.
OF_SESSION = {
    "session_uuid": "session",
    "placement_uuid": "the assessment's place in the course run",
    "block_id": "usage key of the block in the unit; absent while it is not in the course",
    "organization": "short name of the organization that delivers",
    "assessment_uuid": "assessment in its bank, the same for every school",
    "version_uuid": "published version",
    "version_number": "its number",
    "change_no": "the session's own count of changes: the order in which things happened",
}
#: Fields of every event about an attempt.
OF_ATTEMPT = {
    "attempt_uuid": "attempt",
    "attempt_number": "1 for the learner's first attempt in this placement",
    "is_guest": "whether the learner came as a guest",
}


@dataclass(frozen=True)
class Event:
    """One event. ``actions``: the audit trail's words for the changes it tells of. ``about``: ``attempt``, ``session`` or
    ``content``. ``facts``: facts of the audit row that are told as they are, with their meaning.
    """

    name: str
    about: str
    actions: tuple[str, ...]
    meaning: str
    facts: tuple[tuple[str, str], ...] = ()
    version: int = 1

    @property
    def full_name(self) -> str:
        """The name in the tracking log."""
        return PREFIX + self.name

    @property
    def fields(self) -> dict[str, str]:
        """Every field of the event's data, with its meaning."""
        own = dict(self.facts)
        if self.about == "content":
            return {**ALWAYS, **own}
        return {**ALWAYS, **OF_SESSION, **(OF_ATTEMPT if self.about == "attempt" else {}), **own}


CHANGED = ("changed", "names of what was changed, never the values")
CORRECTED_BY = ("version", "number of the version that corrects")
END_REASON = ("end_reason", "what ended answering: `learner`, `clock`, `close` or `staff`")

_EVENTS = (
    # -- an attempt, in the order of the state machine
    Event("attempt.joined", "attempt", ("join",), "A learner typed the right code and joined."),
    Event("attempt.admitted", "attempt", ("admit",), "A learner was let in from the waiting room."),
    Event("attempt.started", "attempt", ("start",), "A learner pressed Start: questions are served, the clock runs."),
    Event("attempt.paused", "attempt", ("hold",), "One learner's clock was stopped."),
    Event("attempt.resumed", "attempt", ("release_hold",), "One learner's clock runs on."),
    Event(
        "attempt.time_changed",
        "attempt",
        ("extend", "outage"),
        "A learner was given time, or time was taken back.",
        (("seconds", "seconds given; negative where taken back"),),
    ),
    Event(
        "attempt.ended", "attempt", ("end",), "An invigilator closed answering; hand-in follows by itself.", (END_REASON,)
    ),
    Event(
        "attempt.submitted",
        "attempt",
        ("submit", "settle"),
        "A test was handed in: by the learner, by staff, or by the server when time was over.",
        (END_REASON,),
    ),
    Event(
        "attempt.time_corrected",
        "attempt",
        ("reverse", "undo_outage"),
        "A grant of time, or a pause, was taken back in a learner's ledger.",
        (("seconds", "seconds given; negative where taken back"),),
    ),
    Event("attempt.came_back", "attempt", ("return",), "A learner who was away for a while came back."),
    Event("attempt.left_network", "attempt", ("outside",), "A learner's browser left the networks the session is kept to."),
    Event("attempt.let_back", "attempt", ("let_back",), "Staff let a learner go on who had been away."),
    Event("attempt.moved_device", "attempt", ("move_here",), "A learner went on with the test on another device."),
    Event("attempt.denied", "attempt", ("deny",), "A learner who had not begun was turned away."),
    Event(
        "attempt.reopened",
        "attempt",
        ("reopen",),
        "A learner goes on with a test that had ended or was handed in.",
        (("seconds", "seconds of working time given with it"),),
    ),
    Event("attempt.voided", "attempt", ("void",), "An attempt was declared void: it is kept and counts nowhere."),
    Event("attempt.renewed", "attempt", ("renew",), "A learner begins anew: this attempt is void, another one is open."),
    Event("attempt.moved", "attempt", ("move_in",), "A learner's attempt was moved into this session from another."),
    Event(
        "attempt.restored",
        "attempt",
        ("undo_end", "undo_submit", "undo_void"),
        "An end, a hand-in or a void was taken back within ten minutes.",
    ),
    Event(
        "attempt.marked",
        "attempt",
        ("mark", "agree_marks", "settle_marks", "judge_marks"),
        "A person gave points to one question. The points are in the platform's own events once results are released.",
        (("item", "the question's id"),),
    ),
    Event("attempt.marking_corrected", "attempt", ("correct_marking",), "A corrected key changed one learner's points."),
    Event("attempt.results_released", "attempt", ("release",), "One learner's results were released."),
    # -- a session
    Event("session.begun", "session", ("begin",), "Everybody who waited was let begin at the same moment."),
    Event(
        "session.time_corrected",
        "session",
        ("reverse",),
        "A pause of the whole session was taken back.",
        (("seconds", "seconds given; negative where taken back"),),
    ),
    Event("session.students_marked_absent", "session", ("mark_absent",), "Students were said not to be in the room."),
    Event("session.students_marked_present", "session", ("unmark_absent",), "That was taken back."),
    Event(
        "session.marking_corrected",
        "session",
        ("apply_correction",),
        "A placement with all its sessions is marked by a corrected version from now on; told of the one it was done in.",
        (CORRECTED_BY, ("dropped", "what becomes of questions it no longer has: `leave` or `full`")),
    ),
    Event(
        "session.marking_correction_undone",
        "session",
        ("undo_correction",),
        "That was taken back.",
        (CORRECTED_BY,),
    ),
    Event("session.names_revealed", "session", ("reveal_names",), "Marking without names was ended."),
    Event("session.created", "session", ("create_session",), "A session was added, as a draft."),
    Event(
        "session.duplicated",
        "session",
        ("duplicate_session",),
        "A session was copied into a new draft.",
        (("of", "the session that was copied"), ("roster", "which students the copy offers: `same`, `none` or `absent`")),
    ),
    Event("session.changed", "session", ("change_session",), "Name, settings or students were changed.", (CHANGED,)),
    Event("session.published", "session", ("publish_session",), "A session became visible to its students and got a code."),
    Event("session.unpublished", "session", ("unpublish_session",), "A published session became a draft again."),
    Event("session.code_changed", "session", ("rotate_code",), "A session got another code."),
    Event("session.paused", "session", ("pause",), "The clock of a whole session was stopped."),
    Event("session.resumed", "session", ("resume",), "The clock of a whole session runs on."),
    Event(
        "session.announced",
        "session",
        ("announce",),
        "Something was announced. The words are not told.",
        (("to", "`all`, or to how many students"),),
    ),
    Event("session.tries_cleared", "session", ("clear_tries",), "Locked-out accounts may try codes again."),
    Event("session.invigilator_added", "session", ("invite",), "Somebody may watch a session."),
    Event("session.invigilator_removed", "session", ("dismiss",), "Somebody may watch a session no longer."),
    Event("session.results_released", "session", ("release",), "Results were released to students and the gradebook."),
    Event("session.archived", "session", ("archive_session",), "A session was taken out of sight; its data stay."),
    Event("session.unarchived", "session", ("unarchive_session",), "An archived session became a draft again."),
    Event(
        "session.deleted",
        "content",
        ("delete_session",),
        "A session that nobody ever joined was deleted.",
        (("session_uuid", "the session that was"),),
    ),
    # -- what is delivered
    Event("bank.created", "content", ("create_bank",), "A course run became a question bank.", (("bank_uuid", "bank"),)),
    Event(
        "bank.changed",
        "content",
        ("change_bank",),
        "A bank was renamed, shared otherwise, or switched on or off.",
        (("bank_uuid", "bank"), CHANGED),
    ),
    Event(
        "bank.availability_changed",
        "content",
        ("set_availability",),
        "It was said when one organization may start sessions from a bank.",
        (
            ("bank_uuid", "bank"),
            ("organization", "short name of the organization"),
            ("stopped", "whether it was stopped at once"),
        ),
    ),
    Event(
        "assessment.added",
        "content",
        ("add_assessment",),
        "A block of a bank became an assessment.",
        (("assessment_uuid", "assessment"),),
    ),
    Event(
        "assessment.changed",
        "content",
        ("change_assessment",),
        "An assessment's description or default delivery settings were changed.",
        (("assessment_uuid", "assessment"), CHANGED),
    ),
    Event(
        "version.published",
        "content",
        ("publish_version",),
        "An assessment was published: schools are offered this version.",
        (("assessment_uuid", "assessment"), ("version_uuid", "version"), ("version_number", "its number")),
    ),
    Event(
        "version.withdrawn",
        "content",
        ("withdraw_version",),
        "An author took a version back.",
        (("version_uuid", "version"),),
    ),
    Event(
        "placement.wanted",
        "content",
        ("want_placement",),
        "A school chose an assessment for a course run.",
        (("placement_uuid", "placement"),),
    ),
    Event(
        "placement.filled",
        "content",
        ("place_version",),
        "A version's questions were copied into a school's course run.",
        (("placement_uuid", "placement"), ("version_uuid", "version")),
    ),
    Event(
        "placement.judged",
        "content",
        ("judge_placement",),
        "A placement was found to deliver its version again, or something else.",
        (("placement_uuid", "placement"), ("drift", "how many differences; 0: none")),
    ),
)

#: Changes that are not told, and why.
UNTOLD: dict[str, str] = {
    "set_accommodation": "says something about a person's needs, which no analysis may know",
    "remove_accommodation": "says something about a person's needs, which no analysis may know",
    "mark_round": "one of two marks: it counts nothing yet, and nobody may know it before the other is in",
    "take_over_marking": "who sits at which paper is work in progress",
    "irregularity": "a suspicion about somebody is for the people of the room",
    "withdraw_irregularity": "a suspicion about somebody is for the people of the room",
    "move_out": "the session that the attempt is moved into tells of it",
    "recount": "mends a number, and changes nothing that anybody did",
    "state_deleted": "the void that follows is told",
    "guest_came_back": "the same guest on another device, which the learner's own events go on from",
    "retire_guest": "whoever is gone is told of no more",
    "leave_roster": "an account was retired: whoever is gone is told of no more",
    "platform_score": "the platform told us: it is in its own events already",
}

#: Name -> event, in the order of the documentation.
EVENTS: dict[str, Event] = {event.name: event for event in _EVENTS}
#: The audit trail's words that become events.
TOLD: frozenset[str] = frozenset(action for event in _EVENTS for action in event.actions)


def event_of(action: str, *, of_attempt: bool, facts: Mapping[str, Any]) -> Event | None:
    """The event that a row of the audit trail becomes, or None where it is not told.

    Some words are used of a session and of an attempt alike; the server's settling may end an attempt without handing it in.
    """
    if action == "settle" and facts.get("to") == "ended":
        return EVENTS["attempt.ended"]
    found = [event for event in _EVENTS if action in event.actions]
    fitting = [event for event in found if (event.about == "attempt") == of_attempt]
    return next(iter(fitting or found), None)
