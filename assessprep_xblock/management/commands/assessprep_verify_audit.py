"""``manage.py assessprep_verify_audit``: whether the sealed audit trails are as they were."""

from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from assessprep_xblock.domain.sessions.queries_operators import session_ids
from assessprep_xblock.domain.shared.sealing import verify


class Command(BaseCommand):
    """Make every seal again and compare. Changes nothing."""

    help = "Verify the seals of audit trails. Exit status 1 where a row was changed, added or taken away under a seal."

    def add_arguments(self, parser) -> None:
        """``--session``."""
        parser.add_argument("--session", type=UUID, action="append", help="only this session (UUID); may be repeated")

    def handle(self, *args, **options) -> None:
        """One line for each seal that does not hold, and a sum."""
        wanted = options["session"]
        checked, broken = 0, 0
        for verdict in verify(session_ids(wanted) if wanted else None):
            checked += 1
            if not verdict.ok:
                broken += 1
                seal = verdict.seal
                self.stdout.write(
                    f"session {seal.session_id}: the seal of {seal.at:%Y-%m-%d %H:%M:%S} UTC does not hold "
                    f"({seal.rows} rows sealed, {verdict.rows} there)"
                )
        self.stdout.write(f"{checked} seals verified, {broken} broken")
        if broken:
            raise CommandError("the audit trail was changed under a seal")
