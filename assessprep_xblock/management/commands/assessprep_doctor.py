"""``manage.py assessprep_doctor``: whether this installation can be trusted with a room of students."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from opaque_keys.edx.keys import CourseKey
from xblock.core import XBlock
from xblock.runtime import Mixologist

from assessprep_xblock import conf
from assessprep_xblock.domain.attempts.actions_recount import miscounted
from assessprep_xblock.domain.attempts.queries_health import waiting_longer_than
from assessprep_xblock.domain.library.queries_operators import bank_runs, placements_in_trouble
from assessprep_xblock.domain.retirement.queries_guests import kept_since
from assessprep_xblock.domain.sessions.guests import accounts_in
from assessprep_xblock.lms import get_lms
from assessprep_xblock.settings.lms import GATE_MIDDLEWARE, GATE_MIXIN, GUEST_MIDDLEWARE

#: A closed session has to be settled within this time; cron runs every minute.
PATIENCE = timedelta(minutes=10)
MOST_SKEW_S = 2.0
#: Banks whose course settings are read; each costs a look into the course store.
MOST_BANKS = 50
#: Digits that make a code too long to be found by trying, from many networks too.
GUEST_CODE_LENGTH = 6
#: For how long guests may wait to be cleared away before the doctor speaks of it.
GUESTS_KEPT_DAYS = 90


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``state``: ``ok``, ``warning`` (look at it) or ``error`` (mend it before an exam)."""

    check: str
    state: str
    words: str


def ok(words: str) -> tuple[str, str]:
    """All is well."""
    return "ok", words


def warning(words: str) -> tuple[str, str]:
    """Worth a look."""
    return "warning", words


def error(words: str) -> tuple[str, str]:
    """To be mended before students are let in."""
    return "error", words


def check_loaded() -> tuple[str, str]:
    """App, addresses and block are there: what fails to import is dropped by the platform without a word."""
    if not apps.is_installed("assessprep_xblock"):
        return error(
            "The app is not installed. Is the package in this environment? Its entry point may have failed to import."
        )
    try:
        reverse("assessprep:library")
        XBlock.load_class("assessprep")
    except NoReverseMatch:
        return error("The addresses below /assessprep/ are not there: the plugin's urls were not added.")
    except Exception as problem:  # noqa: BLE001  whatever keeps the block from loading is what the operator has to read
        return error(f"The block cannot be loaded: {problem}")
    return ok(f"App, addresses and block are loaded; the platform is {type(get_lms()).__module__}.")


def check_settings() -> tuple[str, str]:
    """Every setting has a value that can be used."""
    for name in conf.SETTINGS:
        conf.get(name)
    return ok(f"{len(conf.SETTINGS)} settings can be used.")


def check_tables() -> tuple[str, str]:
    """The database is what this version writes to: every migration has run, every column is there, and a newer version's
    columns (after going back to this one) may be left out."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes("assessprep"))
    if waiting:
        return error(f"{len(waiting)} migrations have not run: ./manage.py lms migrate assessprep")
    missing, refusing = [], []
    with connection.cursor() as cursor:
        for model in apps.get_app_config("assessprep").get_models():
            table, ours = model._meta.db_table, {field.column for field in model._meta.concrete_fields}
            there = {one.name: one for one in connection.introspection.get_table_description(cursor, table)}
            missing += [f"{table}.{name}" for name in sorted(ours - set(there))]
            refusing += [
                f"{table}.{name}"
                for name, one in there.items()
                if name not in ours and not one.null_ok and one.default is None
            ]
    if missing:
        where = ", ".join(missing[:5])
        return error(f"The database lacks {where}. Another build of this version made it: restore it, or make it anew.")
    if refusing:
        where = ", ".join(refusing[:5])
        return error(f"A newer version's column cannot be left out ({where}): install that version again.")
    return ok("The tables are those that this version writes to.")


def check_gate() -> tuple[str, str]:
    """Questions are guarded: the block mixin has the last word on a real block, once, and the middleware is there."""
    if GATE_MIDDLEWARE not in settings.MIDDLEWARE:
        return error("The gate's middleware is not in MIDDLEWARE: questions can be read before Start.")
    named = [*getattr(settings, "XBLOCK_MIXINS", ()), *getattr(settings, "XBLOCK_EXTRA_MIXINS", ())]
    mixins = [import_string(one) if isinstance(one, str) else one for one in named]
    if mixins.count(import_string(GATE_MIXIN)) != 1:
        return error(
            "The gate's mixin has to be in XBLOCK_MIXINS exactly once: without it questions can be answered by anybody."
        )
    mixed = Mixologist(mixins).mix(XBlock.load_class("problem"))
    if mixed.handle.__qualname__ != "GateMixin.handle":
        return error(f"Calls to a problem go to {mixed.handle.__qualname__} before the gate.")
    return ok("Mixin and middleware are active on a real problem block.")


def check_cache() -> tuple[str, str]:
    """The cache answers. Without it everything works and costs more."""
    name, value = f"assessprep:doctor:{uuid4()}", str(uuid4())
    try:
        cache.set(name, value, 30)
        answered = cache.get(name) == value
        cache.delete(name)
    except Exception as problem:  # noqa: BLE001  a cache backend may raise anything
        return warning(f"The cache does not answer ({problem}). Heartbeats then cost a query each; nothing is lost.")
    if not answered:
        return warning("The cache forgets at once. Heartbeats then cost a query each; nothing is lost.")
    return ok("The cache answers.")


def check_broker() -> tuple[str, str]:
    """Celery's broker can be reached. Without it grades wait for the next settle."""
    from celery import current_app

    if current_app.conf.task_always_eager:
        return warning("Tasks run inside requests (task_always_eager): fine for a demo, slow for a room.")
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=3)
    except Exception as problem:  # noqa: BLE001  each transport has errors of its own
        return error(f"The broker cannot be reached ({problem}). Grades then wait for assessprep_settle.")
    return ok("The broker can be reached.")


def check_clock() -> tuple[str, str]:
    """This server's clock and the database's agree; deadlines are decided by servers' clocks."""
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            cursor.execute("SELECT UTC_TIMESTAMP(6)")
        elif connection.vendor == "postgresql":
            cursor.execute("SELECT clock_timestamp() AT TIME ZONE 'UTC'")
        else:
            return ok("The database is a file: there is one clock.")
        theirs: datetime = cursor.fetchone()[0].replace(tzinfo=UTC)
    skew = abs((timezone.now() - theirs).total_seconds())
    words = f"This server's clock and the database's differ by {skew:.1f} s."
    return ok(words) if skew <= MOST_SKEW_S else error(f"{words} Let both follow a time server.")


def check_settled() -> tuple[str, str]:
    """Nobody whose time is over is still open."""
    waiting = waiting_longer_than(PATIENCE, timezone.now())
    if waiting.overdue:
        where = ", ".join(waiting.overdue_in[:5])
        return error(
            f"{waiting.overdue} attempts were over ten minutes ago and are still open (sessions {where}). "
            "Does cron run assessprep_settle?"
        )
    return ok("Every attempt whose time is over is handed in.")


def check_grades() -> tuple[str, str]:
    """No grade waits for the platform."""
    waiting = waiting_longer_than(PATIENCE, timezone.now())
    if waiting.grades:
        where = ", ".join(waiting.grades_in[:5])
        return warning(
            f"{waiting.grades} submissions have a grade pending for ten minutes or more (sessions {where}). "
            "Run assessprep_settle; the Monitor says why."
        )
    return ok("No grade is pending.")


def check_counters() -> tuple[str, str]:
    """The numbers on staff's screens are those of the attempts."""
    found = miscounted()
    if not found:
        return ok("The counters of every session agree with its attempts.")
    # Somebody may have moved between the two halves of one reading: only what is wrong twice is wrong.
    again = miscounted([one.session_id for one in found])
    if not again:
        return ok("The counters of every session agree with its attempts.")
    where = ", ".join(str(one.session_uuid) for one in again[:5])
    return error(
        f"The counters of {len(again)} sessions differ from their attempts ({where}). Run assessprep_recount --fix."
    )


def check_placements() -> tuple[str, str]:
    """What schools deliver is what was published."""
    troubled = placements_in_trouble()
    if not troubled:
        return ok("Every placement delivers its version.")
    words = ", ".join(f"{count} {state}" for state, count in sorted(troubled.items()))
    return warning(f"Placements in trouble: {words}. Course staff see what to do on the assessment's page.")


def check_offered() -> tuple[str, str]:
    """Authors can add our block in the banks' runs."""
    lms = get_lms()
    missing = [str(key) for key in bank_runs(MOST_BANKS) if not lms.offers_our_block(key)]
    if missing:
        where = ", ".join(missing[:5])
        return warning(f"“assessprep” is not in the Advanced Module List of {where}: authors cannot add it.")
    return ok("Authors can add the block in every bank's run.")


def check_guests() -> tuple[str, str]:
    """Where guests without an account may come, they are kept to their test, and nobody else is there."""
    named = conf.get_runs("ASSESSPREP_GUEST_RUNS")
    old = kept_since(timezone.now() - timedelta(days=GUESTS_KEPT_DAYS))
    kept = f"{old} guests of more than {GUESTS_KEPT_DAYS} days ago are still kept. Run assessprep_retire_guests --confirm."
    if not named:
        return warning(kept) if old else ok("Guests without an account are switched off.")
    if GUEST_MIDDLEWARE not in settings.MIDDLEWARE:
        return error("GuestMiddleware is not in MIDDLEWARE: a guest could read everything its course run shows to learners.")
    lms = get_lms()
    for key in map(CourseKey.from_string, named):
        if lms.course_run(key) is None:
            return warning(f"ASSESSPREP_GUEST_RUNS names {key}, and there is no such course run.")
        if others := len(lms.learners(key, everyone=True).keys() - accounts_in(key)):
            return warning(
                f"{others} learners with accounts of their own are enrolled in {key}. Guests belong in a run made for them."
            )
    if conf.get_int("ASSESSPREP_CODE_LENGTH") < GUEST_CODE_LENGTH:
        return warning(
            f"Guests need nothing but a code: set ASSESSPREP_CODE_LENGTH to {GUEST_CODE_LENGTH} or more, "
            "so that nobody finds one by trying."
        )
    return warning(kept) if old else ok(f"Guests without an account may come into {len(named)} course runs.")


CHECKS: dict[str, Callable[[], tuple[str, str]]] = {
    "loaded": check_loaded,
    "settings": check_settings,
    "tables": check_tables,
    "gate": check_gate,
    "cache": check_cache,
    "broker": check_broker,
    "clock": check_clock,
    "settled": check_settled,
    "grades": check_grades,
    "counters": check_counters,
    "placements": check_placements,
    "offered": check_offered,
    "guests": check_guests,
}


def examine() -> Iterator[Finding]:
    """Run every check; one that raises is an error of its own and stops no other.

    What the tables keep from being looked at is said once, as the fault of the tables.
    """
    states: dict[str, str] = {}
    for name, check in CHECKS.items():
        try:
            state, words = check()
        except Exception as problem:  # noqa: BLE001  the doctor has to finish the round
            if isinstance(problem, DatabaseError) and states.get("tables") == "error":
                state, words = warning("Not looked at: the tables have to be mended first.")
            else:
                state, words = error(f"The check itself failed: {type(problem).__name__}: {problem}")
        states[name] = state
        yield Finding(name, state, words)


class Command(BaseCommand):
    """Look at everything a session relies on. Changes nothing but one cache entry, which it removes."""

    help = (
        "Check that the plugin is loaded, the gate active, services reachable and nothing left open. Exit status 1: mend it."
    )

    def add_arguments(self, parser) -> None:
        """``--json`` for monitoring."""
        parser.add_argument("--json", action="store_true", help="print a list of {check, state, words}")

    def handle(self, *args, **options) -> None:
        """Print what was found; fail when something has to be mended."""
        found = list(examine())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(one) for one in found], indent=1))
        else:
            for one in found:
                self.stdout.write(f"{one.state:8} {one.check:10} {one.words}")
        bad = [one.check for one in found if one.state == "error"]
        if bad:
            raise CommandError(f"mend before an exam: {', '.join(bad)}")
