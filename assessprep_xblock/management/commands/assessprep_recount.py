"""``manage.py assessprep_recount``: the counters of sessions against their attempts. For the day somebody doubts them."""

from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessprep_xblock.domain.attempts.actions_recount import miscounted, recount
from assessprep_xblock.domain.sessions.queries_operators import session_ids


class Command(BaseCommand):
    """Show what differs; with ``--fix`` mend it. Safe while students work."""

    help = "Compare the counters of sessions with their attempts. Exit status 1 where some differ and are not mended."

    def add_arguments(self, parser) -> None:
        """``--fix`` or ``--dry-run``, and ``--session``."""
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--fix", action="store_true", help="mend what differs")
        way.add_argument("--dry-run", action="store_true", help="only tell what differs; the same as without --fix")
        parser.add_argument("--session", type=UUID, action="append", help="only this session (UUID); may be repeated")

    def handle(self, *args, **options) -> None:
        """One line for each session that differs, and a sum."""
        wanted = options["session"]
        found = miscounted(session_ids(wanted) if wanted else None)
        for one in found:
            differ = ", ".join(
                f"{status} {stored} instead of {one.counted[status]}"
                for status, stored in one.stored.items()
                if stored != one.counted[status]
            )
            mended = options["fix"] and recount(session_id=one.session_id, now=timezone.now())
            self.stdout.write(f"{one.session_uuid}: {differ}{'; mended' if mended else ''}")
        self.stdout.write(f"{len(found)} sessions differ")
        if found and not options["fix"]:
            raise CommandError("run again with --fix")
