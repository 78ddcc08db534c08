"""What the Monitor says: the sentences of its script, and the kinds of irregularities by their names."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..domain.monitoring.rules import IRREGULARITIES

CATEGORIES = {
    "environment": gettext_lazy("The room"),
    "student": gettext_lazy("A student"),
    "staff": gettext_lazy("Staff"),
    "technical": gettext_lazy("Technical"),
    "other": gettext_lazy("Something else"),
}
KINDS = {
    "noise": gettext_lazy("Noise"),
    "evacuation": gettext_lazy("Evacuation"),
    "power": gettext_lazy("Power failure"),
    "room": gettext_lazy("Heat, cold, light"),
    "illness": gettext_lazy("Illness"),
    "late": gettext_lazy("Came late"),
    "left_room": gettext_lazy("Left the room"),
    "behaviour": gettext_lazy("Disturbed others"),
    "cheating": gettext_lazy("Suspected cheating"),
    "identity": gettext_lazy("Identity in doubt"),
    "late_start": gettext_lazy("Started late"),
    "wrong_instructions": gettext_lazy("Wrong instructions"),
    "absence": gettext_lazy("Nobody was in the room"),
    "device": gettext_lazy("Device failed"),
    "network": gettext_lazy("Network failed"),
    "platform": gettext_lazy("Platform failed"),
    "question": gettext_lazy("A question was faulty"),
    "sound": gettext_lazy("Sound or picture failed"),
    "other": gettext_lazy("Other"),
}


def kinds() -> list[dict[str, Any]]:
    """The kinds of irregularities by category: ``{"title", "kinds": [{"value": "category/kind", "title"}]}``."""
    return [
        {
            "title": str(CATEGORIES[category]),
            "kinds": [{"value": f"{category}/{kind}", "title": str(KINDS[kind])} for kind in inside],
        }
        for category, inside in IRREGULARITIES.items()
    ]


def words() -> dict[str, Any]:
    """Every sentence that the Monitor's script says."""
    return {
        "status": {
            "absent": _("Absent"),
            "joined": _("Joined"),
            "in_progress": _("In progress"),
            "ended": _("Ended"),
            "submitted": _("Submitted"),
        },
        "waiting": _("Waiting to be let in"),
        "denied": _("Not let in"),
        "away": _("Waiting to be let back"),
        "outside": _("Outside the allowed network, waiting to be let back"),
        "marked": _("Marked absent"),
        "noted": _("Irregularity"),
        "second_device": _("Second device: {device}"),
        "focus": _("Left the page: {n}"),
        "helps": _("{name} helps"),
        "me": _("You help"),
        "given": _("{time} given"),
        "standing": _("of it {time} standing"),
        "attempt_no": _("Attempt {n}"),
        "delivered": _("reached {n}"),
        "confirm": _("to be confirmed"),
        "held_live": _("Updates are held."),
        "undo": _("Undo"),
        "undone": _("Undone for {n} of {of}."),
        "undo_what": {
            "end": _("{by} ended tests at {time}: {n}."),
            "submit": _("{by} handed in tests at {time}: {n}."),
            "void": _("{by} declared attempts void at {time}: {n}."),
            "outage": _("{by} made up for an outage at {time}: {n}."),
        },
        "withdraw": _("Take back"),
        "whole_room": _("The whole room"),
        "reverse": _("Reverse"),
        "not_joined": _("has not joined."),
        "why": _("Why can’t {name} start?"),
        "gate": {"open": _("in order"), "closed": _("stands in the way")},
        "fix": {
            "resume": _("Resume"),
            "admit": _("Let in"),
            "begin": _("Begin the test"),
            "let-back": _("Let back"),
            "reopen": _("Reopen"),
            "renew": _("New attempt"),
            "unmark-absent": _("Not absent"),
            "clear-tries": _("Clear the tries"),
        },
        "new_code": _("The session has a new code."),
        "sure_code": _("Give the session a new code?"),
        "minutes_help": {
            "extend": _("A negative number takes time away."),
            "reopen": _("On top of what was left when the test ended. 0: only what was left."),
        },
        "held": {"session": _("Paused"), "student": _("Paused alone")},
        "guest": _("Guest"),
        "no_account": _("Guest without an account"),
        "unlisted": _("No longer on the list"),
        "void": _("Void"),
        "grading": {"pending": _("Grade pending"), "needs_marking": _("Needs a person"), "scored": _("Scored")},
        "end_reason": {
            "learner": _("by the student"),
            "clock": _("time over"),
            "close": _("session closed"),
            "staff": _("by staff"),
        },
        "connection": {"connected": _("Connected"), "silent": _("Silent for {time}"), "never": _("Never connected")},
        "progress": _("{n} of {of}"),
        "question": _("on question {n}"),
        "left": _("{time} left"),
        "over": _("Time over"),
        "saved": _("saved {time} ago"),
        "never_saved": _("nothing saved yet"),
        "seconds": _("{n} s"),
        "minutes": _("{n} min"),
        "hours": _("{n} h {m} min"),
        "now": _("just now"),
        "phase": {
            "draft": _("Draft: students cannot enter"),
            "archived": _("Archived"),
            "scheduled": _("Not open yet"),
            "open": _("Open"),
            "closing": _("Closed; some students are still working"),
            "closed": _("Closed"),
        },
        "paused_since": _("Paused for {time}. All clocks stand still."),
        "updated": _("Updated {time} ago"),
        "lost": _("Connection lost. What you see is {time} old. Trying again …"),
        "failed": _(
            "The server has a problem just now; your connection is all right. What you see is {time} old. Trying again …"
        ),
        "refused": _("You can no longer watch this session. Load the page again."),
        "selected": _("{n} selected"),
        "select": _("Select {name}"),
        "shown": _("{n} of {of} students shown"),
        "tries": _("{name}: wrong codes: {n} ({m} a minute)"),
        "door": _("Guests without an account: wrong codes and PINs: {n}, networks: {of}"),
        "door_locked": _("networks that have to wait: {n}"),
        "door_cleared": _("Guests may type codes again."),
        "tries_rate": _("Wrong codes a minute: {m} · accounts: {n} · locked out: {k}"),
        "locked": _("locked out for now"),
        "clear": _("Clear"),
        "cleared": _("{name} may try again."),
        "not_cleared": _("There were no tries of {name} to clear: none are left, or this session does not let {name} in."),
        "seen": _("seen by {n} of {of}"),
        "to_some": _("to selected students"),
        "done": _("Done for {n} of {of}."),
        "done_all": _("Done."),
        "nobody": _("There is nobody to whom this applies now."),
        "announced": _("Announced."),
        "actions": {
            "begin": {
                "all": _(
                    "Begin the test for everybody in “{session}” ({n} joined now)? From now on they can start. "
                    "This cannot be taken back."
                ),
            },
            "let-back": {
                "all": _("Let everybody who waits to be let back or sits at another device go on in “{session}” ({n} now)?"),
                "one": _("Let {name} go on in “{session}”, at the device in use now?"),
                "some": _("Let {n} selected students go on in “{session}”, at the devices in use now?"),
            },
            "pause": {
                "all": _(
                    "Pause “{session}” for everybody ({n} now)? All clocks stand still. Whoever joins meanwhile waits too."
                ),
                "one": _("Pause {name} in “{session}”? The clock stands still."),
                "some": _("Pause {n} selected students in “{session}”? Their clocks stand still."),
            },
            "resume": {
                "all": _("Let everybody in “{session}” go on ({n} now)? The clocks run again; nobody lost a second."),
                "one": _("Let {name} go on in “{session}”? The clock runs again."),
                "some": _("Let {n} selected students in “{session}” go on? Their clocks run again."),
            },
            "extend": {
                "all": _("Change the time of everybody who is working in “{session}” ({n} now)."),
                "one": _("Change the time of {name} in “{session}”."),
                "some": _("Change the time of {n} selected students in “{session}”."),
            },
            "announce": {
                "all": _("To everybody in “{session}”, and to whoever joins later."),
                "one": _("To {name} in “{session}” alone."),
                "some": _("To {n} selected students in “{session}”."),
            },
            "end": {
                "all": _(
                    "End the test for everybody who is working in “{session}” ({n} now)? They can answer no more. "
                    "What is saved is handed in after a short while."
                ),
                "one": _(
                    "End the test for {name} in “{session}”? Nothing more can be answered. "
                    "What is saved is handed in after a short while."
                ),
                "some": _(
                    "End the test for {n} selected students in “{session}”? They can answer no more. "
                    "What is saved is handed in after a short while."
                ),
            },
            "submit": {
                "all": _(
                    "Hand in for everybody who has started in “{session}” ({n} now)? What is saved is graded. "
                    "This can be undone for ten minutes."
                ),
                "one": _("Hand in for {name} in “{session}”? What is saved is graded. This can be undone for ten minutes."),
                "some": _(
                    "Hand in for {n} selected students in “{session}”? What is saved is graded. "
                    "This can be undone for ten minutes."
                ),
            },
            "deny": {
                "one": _("Turn {name} away from “{session}”? Letting in stays possible."),
                "some": _("Turn {n} selected students away from “{session}”? Letting in stays possible."),
            },
            "reopen": {
                "one": _("Let {name} go on with the test? The answers are kept."),
                "some": _("Let {n} selected students go on with the test? The answers are kept."),
            },
            "void": {
                "one": _(
                    "Declare the attempt of {name} void? It is kept and does not count; in the gradebook it is as if it had "
                    "not been attempted. This can be undone for ten minutes."
                ),
                "some": _(
                    "Declare the attempts of {n} selected students void? They are kept and do not count; in the gradebook "
                    "they are as if they had not been attempted. This can be undone for ten minutes."
                ),
            },
            "renew": {
                "one": _("Let {name} begin a new attempt? The old one is kept, with its answers, and does not count."),
                "some": _("Let {n} selected students begin a new attempt? The old ones are kept and do not count."),
            },
            "move": {
                "one": _("Move {name} to another session? Answers and time left go along."),
                "some": _("Move {n} selected students to another session? Answers and time left go along."),
            },
            "mark-absent": {
                "one": _("Mark {name} as absent? The code does not let in any more, until you take the mark away."),
                "some": _(
                    "Mark {n} selected students as absent? The code does not let them in until you take the mark away."
                ),
            },
            "unmark-absent": {
                "one": _("Take the mark “absent” from {name}?"),
                "some": _("Take the mark “absent” from {n} selected students?"),
            },
            "irregularities": {
                "all": _("Note an irregularity for the whole room of “{session}”."),
                "one": _("Note an irregularity for {name}."),
                "some": _("Note an irregularity for {n} selected students."),
            },
            "admit": {
                "all": _("Let everybody who waits into “{session}” ({n} now)?"),
                "one": _("Let {name} into “{session}”?"),
                "some": _("Let {n} selected students into “{session}”?"),
            },
        },
    }
