"""Delivery settings: who may enter, and from where. No framework is imported here."""

from __future__ import annotations

from .setting import N, Setting

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
        "guests_no_account",
        "flag",
        False,
        N("Guests need no account"),
        "access",
        N("People enter on a page of their own, by name and code. Only in course runs that the operator opened for it."),
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
        N(
            "One address or network a line, such as 192.0.2.0/24. From elsewhere nobody enters or starts, and who leaves "
            "them in mid-test waits to be let back. Empty: anywhere."
        ),
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
