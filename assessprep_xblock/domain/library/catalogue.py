"""The catalogue of delivery settings: what each is called, its type, its default, its words and the group it stands in.

How values are read, bound by an author and changed by a school is in :mod:`.delivery`. No framework is imported here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Setting:
    """One delivery setting.

    ``kind`` says how it is stored (JSON) and typed: ``datetime`` (ISO 8601 with offset, or None), ``seconds``, ``number``,
    ``flag``, ``choice``, ``text`` (lines), ``line`` (one line), ``minutes`` (a list of whole minutes, longest first),
    ``networks`` (a list of networks in CIDR notation), ``zone`` (an IANA name, or ""), ``link`` (an https address, or "").
    """

    name: str
    kind: str
    default: Any
    label: str
    group: str
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    least: int | None = None
    #: largest number; of texts the most characters, of lists the most entries
    most: int | None = None
    #: whether nothing may be given: None
    nullable: bool = False
    #: the step between the stored unit (seconds) and the one people type (60: minutes)
    unit: int = 1

    @property
    def in_numbers(self) -> bool:
        """Whether an author may bind it by a range."""
        return self.kind in ("seconds", "number")


def N(text: str) -> str:
    """Mark a text for translation without translating it (the door does)."""
    return text


GROUPS: tuple[tuple[str, str], ...] = (
    ("timing", N("Timing")),
    ("access", N("Access Settings")),
    ("navigation", N("Questions")),
    ("results", N("Results")),
    ("tools", N("Tools")),
    ("instructions", N("Instructions")),
)

TIMING = (
    Setting(
        "opens_at",
        "datetime",
        None,
        N("Opens"),
        "timing",
        N("Nobody starts before. Empty: at any time, as soon as the session is published."),
        nullable=True,
    ),
    Setting(
        "start",
        "choice",
        "each",
        N("Who starts the test"),
        "timing",
        N("By the invigilator: students wait, and nobody can start before Begin is pressed in the Monitor."),
        choices=(("each", N("each student, once it is open")), ("invigilator", N("the invigilator, for the whole room"))),
    ),
    Setting(
        "last_entry_s",
        "seconds",
        None,
        N("No first start later than (minutes after the opening)"),
        "timing",
        N("Who comes later finds the test closed; who has started is not touched. Empty: until the close."),
        least=60,
        most=86400,
        nullable=True,
        unit=60,
    ),
    Setting(
        "closes_at",
        "datetime",
        None,
        N("Closes"),
        "timing",
        N("A pause after the opening moves it on. Empty: when you end the test, or archive the session."),
        nullable=True,
    ),
    Setting(
        "duration_s",
        "seconds",
        2700,
        N("Duration (minutes)"),
        "timing",
        N("How long each student has from the moment of Start."),
        least=60,
        most=86400,
        unit=60,
    ),
    Setting(
        "at_close",
        "choice",
        "cut",
        N("At the close"),
        "timing",
        N("What happens to students who are still working. Extra time of a student always counts beyond the close."),
        choices=(("cut", N("the test ends for everybody")), ("let_finish", N("who has started may finish"))),
    ),
    Setting(
        "lead_time_s",
        "seconds",
        900,
        N("Students may join before it opens (minutes)"),
        "timing",
        N("Within this time the code lets them in to wait."),
        least=0,
        most=7200,
        unit=60,
    ),
    Setting(
        "on_expiry",
        "choice",
        "auto",
        N("When the time is over"),
        "timing",
        N("What was saved is kept either way. Who has to submit and does not stays Ended, until staff hand it in."),
        choices=(
            ("auto", N("the test is handed in by itself")),
            ("must_submit", N("the student has to submit within the grace")),
        ),
    ),
    Setting(
        "end_grace_s",
        "seconds",
        120,
        N("Grace to submit (seconds)"),
        "timing",
        N("After End, or where students have to submit: how long Submit still works. Answers cannot be changed in it."),
        least=0,
        most=3600,
    ),
    Setting(
        "network_grace_s",
        "seconds",
        10,
        N("Answers on their way are still taken for (seconds)"),
        "timing",
        N("Students are not told. It is for slow networks, and no time to work in."),
        least=0,
        most=300,
    ),
    Setting(
        "warn_at",
        "minutes",
        [10, 5, 1],
        N("Announce the time left at (minutes)"),
        "timing",
        N("Shown, and read out by screen readers, at these moments only. Separate them with commas; empty: never."),
        least=1,
        most=10,
    ),
    Setting(
        "time_zone",
        "zone",
        "",
        N("Time zone of the school"),
        "timing",
        N("Students read times in it, for example Europe/Berlin. Empty: the zone of their own device."),
        most=64,
    ),
)

ACCESS = (
    Setting(
        "code_required",
        "flag",
        True,
        N("Students type the session code"),
        "access",
        N("Without it, assigned students enter by a button while the session is open; guests always need the code."),
    ),
    Setting(
        "guests",
        "flag",
        False,
        N("Allow guests"),
        "access",
        N("Learners of this course run who are not on the list may use the code."),
    ),
    Setting(
        "guests_wait",
        "flag",
        True,
        N("Guests wait until they are let in"),
        "access",
        N("Somebody who can see who it is lets them in, in the Monitor. A waiting room holds guests in any case."),
    ),
    Setting(
        "guest_limit",
        "number",
        30,
        N("Guests at most"),
        "access",
        N("Who comes when so many are in is refused. Who was turned away, or whose test is void, does not count."),
        least=1,
        most=1000,
    ),
    Setting("waiting_room", "flag", False, N("Waiting room"), "access", N("Students wait until staff let them in.")),
    Setting(
        "attempts_allowed",
        "number",
        1,
        N("Attempts allowed"),
        "access",
        N("How often a student may take the assessment, each time in another session. The newest counts; all are kept."),
        least=1,
        most=20,
    ),
    Setting(
        "resume",
        "choice",
        "free",
        N("Coming back to a running test"),
        "access",
        N("After a lost connection or a closed page. Who waits to be let in again was away for two minutes; time runs."),
        choices=(("free", N("at once")), ("leave", N("when staff let the student in again"))),
    ),
    Setting(
        "second_device",
        "choice",
        "allow",
        N("The same test on a second device"),
        "access",
        N("Both are noticed and shown in the Monitor, whatever you choose."),
        choices=(
            ("allow", N("is allowed")),
            ("move", N("takes over, and the first one stops")),
            ("refuse", N("is refused until staff let go of the first")),
        ),
    ),
    Setting(
        "ip_allow_list",
        "networks",
        [],
        N("Only from these networks"),
        "access",
        N("One address or network a line, such as 192.0.2.0/24. From elsewhere nobody can enter or start. Empty: anywhere."),
        most=50,
    ),
    Setting(
        "focus",
        "choice",
        "record",
        N("Leaving the test's page"),
        "access",
        N("How often a student looked at another window, shown in the Monitor. Screen savers count too: it proves nothing."),
        choices=(("off", N("is not recorded")), ("record", N("is counted for the invigilator"))),
    ),
)

NAVIGATION = (
    Setting(
        "checking",
        "choice",
        "at_hand_in",
        N("Questions are checked"),
        "navigation",
        N("One by one, each question keeps its own Submit, and shows at once whether it is right."),
        choices=(("at_hand_in", N("when the test is handed in")), ("as_you_go", N("one by one, as in practice"))),
    ),
    Setting(
        "navigation",
        "choice",
        "page",
        N("Questions are shown"),
        "navigation",
        N("Forward only: a question that was left cannot be changed any more."),
        choices=(
            ("page", N("all on one page")),
            ("one", N("one at a time, back and forth")),
            ("forward", N("one at a time, forward only")),
        ),
    ),
    Setting(
        "order",
        "choice",
        "written",
        N("Order of the questions"),
        "navigation",
        N("Shuffled: another order for each student, which stays the same for this student."),
        choices=(("written", N("as written")), ("shuffled", N("shuffled for each student"))),
    ),
)

RESULTS = (
    Setting(
        "release",
        "choice",
        "on_submit",
        N("Results are shown"),
        "results",
        choices=(
            ("on_submit", N("as soon as a student submits")),
            ("on_date", N("on a date")),
            ("manual", N("when staff release them")),
            ("never", N("never")),
        ),
    ),
    Setting("release_at", "datetime", None, N("Date of release"), "results", N("Only for “on a date”."), nullable=True),
    Setting(
        "show_score",
        "flag",
        True,
        N("Show the points"),
        "results",
        N("In all and for each question. Without it nothing goes to the course's gradebook, whose pages would show them."),
    ),
    Setting(
        "show_correctness",
        "flag",
        False,
        N("Show the questions again, with what was right and wrong"),
        "results",
    ),
    Setting("show_answers", "flag", False, N("Show the right answers with the results"), "results"),
    Setting(
        "anonymous",
        "flag",
        False,
        N("Mark without names"),
        "results",
        N("Graders see a name made up for each student until somebody reveals them, which is noted."),
    ),
)

TOOLS = (
    Setting(
        "tools",
        "text",
        "",
        N("Tools that are allowed"),
        "tools",
        N("In words, for example: a calculator, a formula sheet. Students read it before they start and while they work."),
        most=1000,
    ),
    Setting(
        "tool_link",
        "link",
        "",
        N("Link to a tool or a call"),
        "tools",
        N("An address starting with https://. Students open it in another tab, from the test's bar."),
        most=500,
    ),
    Setting(
        "spellcheck",
        "flag",
        False,
        N("Spelling help of the browser"),
        "tools",
        N("Off: the browser is asked not to mark or correct words in answers."),
    ),
)

INSTRUCTIONS = (
    Setting(
        "instructions",
        "text",
        "",
        N("Instructions for students"),
        "instructions",
        N("Students read them before they start, and can open them while they work."),
        most=4000,
    ),
    Setting(
        "honesty",
        "text",
        "",
        N("Honesty statement"),
        "instructions",
        N("Students have to agree to it before they start; when each did is recorded. Empty: none."),
        most=2000,
    ),
)

CATALOGUE: tuple[Setting, ...] = TIMING + ACCESS + NAVIGATION + RESULTS + TOOLS + INSTRUCTIONS
BY_NAME: dict[str, Setting] = {setting.name: setting for setting in CATALOGUE}
