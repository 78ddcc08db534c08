"""Every setting an operator may change: its name, type, default, allowed range, and why it is what it is.

This is the only module that reads Django's settings. Nothing is read at import: a value is looked up when it is asked for,
so the platform's own settings files, and ``override_settings`` in a test, count at once.

``docs/operating.md`` lists each of them for operators; ``tests/test_house.py`` says which is missing there.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

Value = int | float | str | tuple[str, ...]


@dataclass(frozen=True)
class Setting:
    """One setting. ``low`` and ``high`` are inclusive, in the unit that ``why`` names. ``tuple``: a list of course runs."""

    name: str
    kind: type[int] | type[float] | type[str] | type[tuple[str, ...]]
    default: Value
    why: str
    low: float | None = None
    high: float | None = None

    @property
    def allowed(self) -> str:
        """What may be written there, in words: ``a whole number from 4 to 8``."""
        if self.kind is str:
            return "a non-empty string"
        if self.kind is tuple:
            return "a list of keys of course runs"
        noun = "a whole number" if self.kind is int else "a number"
        if self.low is not None and self.high is not None:
            return f"{noun} from {self.low} to {self.high}"
        if self.low is not None:
            return f"{noun} of at least {self.low}"
        return f"{noun} of at most {self.high}" if self.high is not None else noun

    def read(self) -> Value:
        """The value in force. Raises :class:`ImproperlyConfigured`, naming the setting and what is allowed."""
        value: object = getattr(settings, self.name, self.default)
        if self.kind is str:
            if isinstance(value, str) and value.strip():
                return value
        elif self.kind is tuple:
            if isinstance(value, (list, tuple)) and all(_names_a_run(one) for one in value):
                return tuple(value)
        elif isinstance(value, int if self.kind is int else (int, float)) and not isinstance(value, bool):
            in_range = (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
            if in_range:
                return int(value) if self.kind is int else float(value)
        raise ImproperlyConfigured(f"{self.name} is {value!r}; it must be {self.allowed}.")


def _names_a_run(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(CourseKey.from_string(value))
    except InvalidKeyError:
        return False


_DECLARED = (
    Setting(
        "ASSESSPREP_LMS",
        str,
        "assessprep_xblock.lms.edxapp.EdxApp",
        "Dotted path of the class that speaks to the learning platform. Only the embedded LMS and tests choose another.",
    ),
    Setting(
        "ASSESSPREP_SEARCH_RESULT_PROCESSOR",
        str,
        "search.result_processor.SearchResultProcessor",
        "Dotted path of the class that is asked about a result of courseware search once the gate lets it through. Set by "
        "the plugin itself to what SEARCH_RESULT_PROCESSOR was before.",
    ),
    Setting(
        "ASSESSPREP_CODE_LENGTH",
        int,
        4,
        "Digits of a session code. Four can be read aloud and typed by anyone; a course run with thousands of live "
        "sessions needs more. Codes already given keep their length.",
        low=4,
        high=8,
    ),
    Setting(
        "ASSESSPREP_WRONG_TRIES",
        int,
        5,
        "Wrong codes one learner may type in one course run within the window before the answer is 429. "
        "Counted per person, so nobody can lock a class out.",
        low=1,
        high=1_000,
    ),
    Setting(
        "ASSESSPREP_WRONG_TRIES_WINDOW",
        int,
        300,
        "Seconds in which wrong tries are counted together.",
        low=10,
        high=86_400,
    ),
    Setting(
        "ASSESSPREP_GUEST_RUNS",
        tuple,
        (),
        "Course runs into which people without an account may come as guests, by name and code. Off while it is empty. "
        "Name only runs made for it: a guest gets a throw-away account that is enrolled in the run.",
    ),
    Setting(
        "ASSESSPREP_GUEST_EMAIL_DOMAIN",
        str,
        "guests.invalid",
        "Domain of the e-mail addresses of such accounts. Nobody may be able to receive mail there; names that end in "
        ".invalid are reserved for that (RFC 2606).",
    ),
    Setting(
        "ASSESSPREP_GUEST_HOURS",
        int,
        12,
        "Hours after which a guest's browser is signed out in any case; it can come back with its PIN. The session's own "
        "window ends it sooner.",
        low=1,
        high=168,
    ),
    Setting(
        "ASSESSPREP_GUEST_WRONG_TRIES",
        int,
        30,
        "Wrong codes and PINs that may come from one network address in one course run within the window of "
        "ASSESSPREP_WRONG_TRIES_WINDOW. A whole school may stand behind one address, so it is more than one person's tries.",
        low=5,
        high=10_000,
    ),
    Setting(
        "ASSESSPREP_CODE_QUARANTINE",
        int,
        86_400,
        "Seconds a code rests after its session lets go of it, so that yesterday's code opens nobody else's session.",
        low=0,
        high=31_536_000,
    ),
    Setting(
        "ASSESSPREP_CODE_SPACE_LIMIT",
        float,
        0.9,
        "Share of all codes of a course run that may be in use or resting. Beyond it publishing is refused with a clear "
        "error, because guessing becomes easy and finding a free code slow.",
        low=0.01,
        high=1,
    ),
    Setting(
        "ASSESSPREP_BEAT_SECONDS",
        int,
        20,
        "Seconds between two heartbeats of a student's page in quiet times. Sets the load: 1,000 students at 20 s are "
        "50 requests a second.",
        low=2,
        high=120,
    ),
    Setting(
        "ASSESSPREP_BEAT_SECONDS_URGENT",
        int,
        5,
        "Seconds between two heartbeats while something is about to happen: waiting to be let in, paused, the last minutes.",
        low=1,
        high=60,
    ),
    Setting(
        "ASSESSPREP_NOTICE_CACHE_SECONDS",
        int,
        5,
        "Seconds a session's notice number may be answered from the cache. A pause reaches the screens within one heartbeat "
        "plus this; results never depend on it. 0 asks the database every time.",
        low=0,
        high=60,
    ),
    Setting(
        "ASSESSPREP_DRAFT_MAX_BYTES",
        int,
        65_536,
        "Largest saved draft of one question, in bytes of JSON. Larger ones are refused and nothing is stored.",
        low=1_024,
        high=1_048_576,
    ),
    Setting(
        "ASSESSPREP_MARK_STEP",
        float,
        0.25,
        "Points that a person gives are multiples of this, so that nobody types 3.3333 and totals can be checked by hand. "
        "A question's full points are always allowed.",
        low=0.01,
        high=10,
    ),
    Setting(
        "ASSESSPREP_MARKING_LEASE",
        int,
        120,
        "Seconds a submission is kept for the grader who has it open; their page renews it. Shorter frees what was left "
        "open sooner, longer bridges worse connections. A colleague can take over at any time.",
        low=30,
        high=3_600,
    ),
    Setting(
        "ASSESSPREP_SETTLE_BATCH",
        int,
        500,
        "Attempts ended, or touched by one bulk action, in one transaction. Larger holds row locks longer.",
        low=1,
        high=5_000,
    ),
    Setting(
        "ASSESSPREP_ANALYSIS_AT_ONCE",
        int,
        5_000,
        "Submissions that an analysis may hold and still be made while somebody waits (about half a second). Larger ones "
        "are prepared by a Celery task, with progress, and told with the time they are of.",
        low=0,
        high=100_000,
    ),
)

#: Name -> declaration, in the order of the documentation.
SETTINGS: dict[str, Setting] = {setting.name: setting for setting in _DECLARED}


def get(name: str) -> Value:
    """The value in force of a declared setting. Raises ``KeyError`` for a name nobody declared here."""
    return SETTINGS[name].read()


def get_int(name: str) -> int:
    """A whole number. Raises ``TypeError`` where the setting is declared as something else."""
    value = get(name)
    if not isinstance(value, int):
        raise TypeError(f"{name} is declared as {SETTINGS[name].kind.__name__}, not int")
    return value


def get_float(name: str) -> float:
    """A number with decimals. Raises ``TypeError`` where the setting is declared as something else."""
    value = get(name)
    if not isinstance(value, float):
        raise TypeError(f"{name} is declared as {SETTINGS[name].kind.__name__}, not float")
    return value


def get_str(name: str) -> str:
    """A text. Raises ``TypeError`` where the setting is declared as something else."""
    value = get(name)
    if not isinstance(value, str):
        raise TypeError(f"{name} is declared as {SETTINGS[name].kind.__name__}, not str")
    return value


def get_runs(name: str) -> tuple[str, ...]:
    """Keys of course runs, as text. Raises ``TypeError`` where the setting is declared as something else."""
    value = get(name)
    if not isinstance(value, tuple):
        raise TypeError(f"{name} is declared as {SETTINGS[name].kind.__name__}, not a list")
    return value


def problems() -> list[str]:
    """One sentence for each setting that is wrong, and for settings that contradict each other; empty when all is well."""
    found = []
    for setting in _DECLARED:
        try:
            setting.read()
        except ImproperlyConfigured as wrong:
            found.append(str(wrong))
    if not found and get_int("ASSESSPREP_BEAT_SECONDS_URGENT") > get_int("ASSESSPREP_BEAT_SECONDS"):
        found.append("ASSESSPREP_BEAT_SECONDS_URGENT must not be larger than ASSESSPREP_BEAT_SECONDS.")
    return found
