"""``manage.py assessprep_settle``: close what the clock closed, hand in what waits. For cron, every minute or so."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from assessprep_xblock.domain.attempts.actions_settle import settle, unsettled_sessions


class Command(BaseCommand):
    """Settle every session in which somebody is still working or a grade is pending. Safe to run at any time, twice too."""

    help = "Submit attempts whose time is over and try failed hand-ins again."

    def handle(self, *args, **options) -> None:
        """Settle session by session and say how much was done."""
        submitted = tried = 0
        for session_id in unsettled_sessions():
            settled = settle(session_id=session_id, now=timezone.now())
            submitted += settled.submitted
            tried += settled.tried_again
        self.stdout.write(f"submitted {submitted}, handed in again {tried}")
