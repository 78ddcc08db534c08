"""``manage.py assessprep_settle``: close what the clock closed, hand in what waits. For cron, every minute or so."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from assessprep_xblock.domain.attempts.actions_settle import settle, unsettled_sessions, would_settle


class Command(BaseCommand):
    """Settle every session in which somebody is still working or a grade is pending. Safe to run at any time, twice too."""

    help = "Submit attempts whose time is over, try failed hand-ins again, and release results whose date has come."

    def add_arguments(self, parser) -> None:
        """``--dry-run``."""
        parser.add_argument("--dry-run", action="store_true", help="change nothing, tell what would be done now")

    def handle(self, *args, **options) -> None:
        """Settle session by session and say how much was done, or would be."""
        deed = would_settle if options["dry_run"] else settle
        submitted = tried = released = 0
        for session_id in unsettled_sessions():
            settled = deed(session_id=session_id, now=timezone.now())
            submitted += settled.submitted
            tried += settled.tried_again
            released += settled.released
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(f"{would}submitted {submitted}, {would}handed in again {tried}, {would}released {released}")
