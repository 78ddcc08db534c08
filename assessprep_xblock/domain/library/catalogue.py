"""The catalogue of delivery settings: what each is called, its type, its default, its words and the group it stands in.

How values are read, bound by an author and changed by a school is in :mod:`.delivery`. No framework is imported here.
"""

from __future__ import annotations

from .catalogue_access import ACCESS
from .catalogue_timing import TIMING
from .setting import N, Setting

GROUPS: tuple[tuple[str, str], ...] = (
    ("timing", N("Timing")),
    ("access", N("Access Settings")),
    ("navigation", N("Questions")),
    ("results", N("Results")),
    ("tools", N("Tools")),
    ("instructions", N("Instructions")),
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
    Setting(
        "second_marking",
        "choice",
        "off",
        N("Answers that need a person are marked"),
        "results",
        N("Two people: neither sees the other's points before both are in. What has its points already keeps them."),
        choices=(
            ("off", N("by one person")),
            ("all", N("by two people")),
            ("sample", N("by two people in a sample of the submissions")),
        ),
    ),
    Setting(
        "second_sample",
        "number",
        20,
        N("Sample that two people mark (percent)"),
        "results",
        N("Each submission is drawn by lot with this chance. A lot never changes: more percent adds submissions."),
        least=1,
        most=100,
    ),
    Setting(
        "mark_tolerance",
        "points",
        0,
        N("Two marks may differ by (points of a question)"),
        "results",
        N(
            "Up to this the mean of both counts. Beyond it somebody settles the difference, with a reason. Changed later, "
            "it compares anew what nobody has settled; results that students know stay."
        ),
        least=0,
        most=1000,
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
