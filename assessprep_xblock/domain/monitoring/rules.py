"""Who may do what on the Monitor, and how much of it."""

from __future__ import annotations

#: What can be done to the students of a session.
ACTIONS = ("pause", "resume", "announce", "admit", "extend", "end", "submit")
#: What cannot be taken back, or changes what a result is worth, needs a chief: course staff, or a chief invigilator.
CHIEF_ONLY = frozenset({"end", "submit", "extend"})

LONGEST_ANNOUNCEMENT = 1000  # characters
LONGEST_REASON = 500  # characters
MOST_SECONDS = 86_400
MOST_ATTEMPTS = 5_000
