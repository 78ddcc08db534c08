"""The Monitor of one session: the frame of the page and its sentences. The picture itself comes by REST, again and again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.monitoring.queries_log import sessions_to_watch
from ..domain.monitoring.rules import ACTIONS, CHIEF_ONLY, LONGEST_ANNOUNCEMENT, LONGEST_REASON
from ..domain.sessions.queries import session_for_monitor
from ..lms import get_lms
from .pages import page, session_crumbs, session_tabs, staff_page

#: Milliseconds between two polls; the page spreads them by chance, so that a school's monitors never call at once.
POLL_MS = 4000


@staff_page
def monitor(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """The live view of one session, for its course staff and its invigilators. What is done here stays in it."""
    session, level = session_for_monitor(session_uuid=session_uuid, user_id=request.user.pk)
    sessions = sessions_to_watch(course_key=session.course_key, user_id=request.user.pk)
    is_staff = get_lms().is_course_staff(request.user.pk, session.course_key)
    return page(
        request,
        "assessprep_xblock/staff/monitor.html",
        course_run=session.course_key,
        crumbs=session_crumbs(session.course_key) if is_staff else [],
        tabs=session_tabs(session.uuid, current="monitor", is_staff=is_staff),
        session=session,
        assessment=session.placement.version.title,
        chief=level == "chief",
        longest_reason=LONGEST_REASON,
        longest_announcement=LONGEST_ANNOUNCEMENT,
        sessions=[
            {
                "address": reverse("assessprep:monitor", args=[one["uuid"]]),
                "name": one["name"],
                "assessment": one["assessment"],
                "current": one["uuid"] == session.uuid,
            }
            for one in sessions
        ],
        setup=_setup(session, level),
    )


def _setup(session: Any, level: str) -> dict[str, Any]:
    """What the page's script needs: who may do what, addresses, and every sentence it says."""
    own = [session.uuid]
    log = reverse("assessprep:api_attempt_log", args=[session.uuid])
    return {
        "session": session.name,
        "level": level,
        "poll_ms": POLL_MS,
        "chief_only": sorted(CHIEF_ONLY),
        "urls": {
            "monitor": reverse("assessprep:api_monitor", args=own),
            "settle": reverse("assessprep:api_session_settle", args=own),
            "clear_tries": reverse("assessprep:api_session_clear_tries", args=own),
            "log": log.replace(str(session.uuid), "ATTEMPT"),
            **{deed: reverse(f"assessprep:api_session_{deed.replace('-', '_')}", args=own) for deed in ACTIONS},
        },
        "words": _words(),
    }


def _words() -> dict[str, Any]:
    return {
        "status": {
            "absent": _("Absent"),
            "joined": _("Joined"),
            "in_progress": _("In progress"),
            "ended": _("Ended"),
            "submitted": _("Submitted"),
        },
        "waiting": _("Waiting to be let in"),
        "held": {"session": _("Paused"), "student": _("Paused alone")},
        "guest": _("Guest"),
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
        "refused": _("You can no longer watch this session. Load the page again."),
        "selected": _("{n} selected"),
        "select": _("Select {name}"),
        "shown": _("{n} of {of} students shown"),
        "tries": _("{name}: wrong codes: {n}"),
        "locked": _("locked out for now"),
        "clear": _("Clear"),
        "cleared": _("{name} may try again."),
        "seen": _("seen by {n} of {of}"),
        "to_some": _("to selected students"),
        "done": _("Done for {n} of {of}."),
        "done_all": _("Done."),
        "nobody": _("There is nobody to whom this applies now."),
        "announced": _("Announced."),
        "actions": {
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
                    "This cannot be taken back."
                ),
                "one": _("Hand in for {name} in “{session}”? What is saved is graded. This cannot be taken back."),
                "some": _(
                    "Hand in for {n} selected students in “{session}”? What is saved is graded. This cannot be taken back."
                ),
            },
            "admit": {
                "all": _("Let everybody who waits into “{session}” ({n} now)?"),
                "one": _("Let {name} into “{session}”?"),
                "some": _("Let {n} selected students into “{session}”?"),
            },
        },
    }


urlpatterns = [path("sessions/<uuid:session_uuid>/monitor/", monitor, name="monitor")]
