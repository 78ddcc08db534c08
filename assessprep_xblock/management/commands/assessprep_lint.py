"""``manage.py assessprep_lint``: what stands between sessions and their students, for all of a site or of one course run."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.domain.sessions.lint import lint
from assessprep_xblock.domain.sessions.queries_lint import sessions_to_lint


class Command(BaseCommand):
    """Lint sessions. Changes nothing; ends with 1 where a session has an error, so that a cron job can tell."""

    help = "Tell what stands between sessions and their students. Published ones that are not over, unless --drafts."

    def add_arguments(self, parser) -> None:
        """``--course`` and ``--drafts``."""
        parser.add_argument("--course", help="Only this course run.")
        parser.add_argument("--drafts", action="store_true", help="Drafts too.")

    def handle(self, *args, **options) -> None:
        """One line for each finding: severity, code, session, sentence."""
        now, course_key = timezone.now(), None
        if options["course"]:
            try:
                course_key = CourseKey.from_string(options["course"])
            except InvalidKeyError:
                raise CommandError(f"{options['course']} is no course run.") from None
        looked_at = errors = warnings = 0
        for session in sessions_to_lint(now, course_key=course_key, drafts=options["drafts"]):
            looked_at += 1
            for problem in lint(session, now):
                errors += problem.severity == "error"
                warnings += problem.severity != "error"
                where = f"{session.course_key} {session.uuid} “{session.name}”"
                self.stdout.write(f"{problem.severity}: {problem.code}: {where}: {problem.sentence}")
        self.stdout.write(f"{looked_at} sessions, {errors} errors, {warnings} warnings")
        if errors:
            raise SystemExit(1)
