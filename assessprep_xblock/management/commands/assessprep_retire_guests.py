"""``manage.py assessprep_retire_guests``: take away the accounts of guests who came without one. For cron, every night."""

from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.domain.retirement.actions_guests import forget_tries, retire_guest
from assessprep_xblock.domain.retirement.queries_guests import UNMARKED, guests_before
from assessprep_xblock.lms.base import LmsError

DAYS = 30
#: A guest of today may still be at work; a guest of yesterday has had a session's longest window.
LEAST_DAYS = 1


class Command(BaseCommand):
    """Show which guests would go; with ``--confirm`` let them go. Safe to run at any time, twice too, and to stop."""

    help = (
        "Retire guests without an account: name, way in and answers are taken away; attempts and points stay. "
        "Only tells what it would do, unless --confirm."
    )

    def add_arguments(self, parser) -> None:
        """``--days``, ``--course``, ``--unmarked`` and ``--confirm``."""
        parser.add_argument("--days", type=int, default=DAYS, help=f"who came in this many days ago or earlier ({DAYS})")
        parser.add_argument("--course", help="only this course run")
        parser.add_argument("--unmarked", action="store_true", help="also guests whose answers nobody has marked yet")
        parser.add_argument("--confirm", action="store_true", help="do it")

    def handle(self, *args, **options) -> None:
        """One line for each guest, named by session and number and never by name; and a sum."""
        if options["days"] < LEAST_DAYS:
            raise CommandError(f"--days has to be at least {LEAST_DAYS}")
        now = timezone.now()
        gone = stay = failed = 0
        for guest in guests_before(now - timedelta(days=options["days"]), course_key=self._run(options["course"])):
            where = f"guest {guest.pass_id} of session {guest.session}, came {guest.made_at:%Y-%m-%d}"
            if guest.stays and not (options["unmarked"] and guest.stays == UNMARKED):
                stay += 1
                self.stdout.write(f"stays:   {where}: {guest.stays}")
                continue
            try:
                gone += not options["confirm"] or retire_guest(pass_id=guest.pass_id, now=now)
                self.stdout.write(f"{'retired' if options['confirm'] else 'would go'}: {where}")
            except LmsError as problem:
                failed += 1
                self.stderr.write(f"failed:  {where}: {problem}")
        if options["confirm"]:
            forget_tries(now=now)
        self.stdout.write(f"{gone} {'retired' if options['confirm'] else 'would be retired'}, {stay} stay, {failed} failed")
        if failed:
            raise CommandError("run again later: what failed is tried again")

    @staticmethod
    def _run(text: str | None) -> CourseKey | None:
        if not text:
            return None
        try:
            return CourseKey.from_string(text)
        except InvalidKeyError:
            raise CommandError(f"{text} is no course run.") from None
