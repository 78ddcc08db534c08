"""What an author waits for who asks which schools use an assessment: 1,000 organizations, 10,000 sessions, 1,000,000
attempts.

On MariaDB, in one process of its own, through Django's test client: the page, a page of REST, the spreadsheet, and the
recount that proves the counters. Seconds are of the processor in that process, so that a busy machine measures the same; of
the recount, which the database does, they are by the clock.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from bench.rows import Row
from bench.servers import python
from tests import services

ORGANIZATIONS, SESSIONS_EACH, ATTEMPTS_EACH = 1_000, 10, 100
ROUNDS = 5


def run(note: Callable[[str], None]) -> list[Row]:
    """Rows of the table."""
    with services.mariadb() as database:
        environment = {**database, "DJANGO_SETTINGS_MODULE": "devlms.settings", "DEVLMS_DEBUG": "0"}
        python(environment, "manage.py", "migrate", "--verbosity", "0")
        note(f"{ORGANIZATIONS * SESSIONS_EACH * ATTEMPTS_EACH:,} attempts are written")
        found = json.loads(python(environment, "-m", "bench.usage", "measure").splitlines()[-1])
    size = f"usage, {ORGANIZATIONS:,} organizations, {ORGANIZATIONS * SESSIONS_EACH:,} sessions"
    return [
        Row(f"{size}: the page", "<= 1", found["page"]["seconds"], "CPU s"),
        Row(f"{size}: the page, statements", "<= 15", found["page"]["statements"], ""),
        Row(f"{size}: filtered to those that deviate", "<= 1", found["deviates"]["seconds"], "CPU s"),
        Row(f"{size}: a page of REST", "<= 1", found["rest"]["seconds"], "CPU s"),
        Row(f"{size}: CSV, first line", "<= 1", found["first"], "CPU s"),
        Row(f"{size}: CSV, whole", "<= 2", found["csv"]["seconds"], "CPU s"),
        Row(f"{size}: CSV, statements", "<= 15", found["csv"]["statements"], ""),
        Row(f"{size}: drift after a recount of all attempts", "== 0", found["drift"], "sessions"),
        Row(f"{size}: counting every attempt again", "", found["recount"], "s"),
    ]


def _measure() -> dict[str, Any]:
    import django

    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from assessprep_xblock.domain.attempts.actions_recount import miscounted

    author, assessment = _make()
    client = Client(headers={"host": "localhost"})
    client.force_login(author)

    def read(address: str) -> tuple[float, bytes]:
        begun = time.process_time()
        answer = client.get(address)
        parts = answer.streaming_content if answer.streaming else [answer.content]
        first = next(iter(parts := iter(parts)))
        at_first = time.process_time() - begun
        whole = first + b"".join(parts)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}")
        return at_first, whole

    def timed(address: str) -> dict[str, float]:
        read(address)
        rounds = []
        for _round in range(ROUNDS):
            begun = time.process_time()
            read(address)
            rounds.append(time.process_time() - begun)
        with CaptureQueriesContext(connection) as asked:
            read(address)
        return {"seconds": sorted(rounds)[ROUNDS // 2], "statements": len(asked)}

    page = reverse("assessprep:assessment_usage", args=[assessment.uuid])
    table = reverse("assessprep:assessment_usage_csv", args=[assessment.uuid])
    found: dict[str, Any] = {
        "page": timed(page),
        "deviates": timed(f"{page}?deviates=1"),
        "rest": timed(f"/assessprep/api/v1/assessments/{assessment.uuid}/usage"),
        "csv": timed(table),
        "first": sorted(read(table)[0] for _round in range(ROUNDS))[ROUNDS // 2],
    }
    lines = read(table)[1].count(b"\r\n")
    if lines != 1 + ORGANIZATIONS * SESSIONS_EACH:
        raise RuntimeError(f"the spreadsheet has {lines} lines")
    begun = time.perf_counter()
    found["drift"] = len(miscounted())
    found["recount"] = time.perf_counter() - begun
    return found


def _make() -> tuple[Any, Any]:
    """The district, as rows: attempts by one statement of SQL each hundred sessions, counters by the same numbers."""
    from datetime import timedelta

    from django.contrib.auth import get_user_model
    from django.utils import timezone
    from organizations.models import Organization

    from assessprep_xblock.domain.library.models import Placement
    from assessprep_xblock.domain.sessions.models import AssessmentSession, GradedCount
    from tests.domain import district

    now = timezone.now()
    made = district.make_district()
    version, author = made.assessment.current_version, made.author
    Organization.objects.bulk_create(
        Organization(name=f"School number {n}", short_name=f"Org{n:04}") for n in range(ORGANIZATIONS)
    )
    keys = [made.bank_key.replace(org=f"Org{n:04}", course="X") for n in range(ORGANIZATIONS)]
    about: dict[str, Any] = {"created_by": author, "created_at": now}
    Placement.objects.bulk_create(
        [
            Placement(
                course_key=key,
                organization=key.org,
                version=version,
                state="ready",
                usage_key=key.make_usage_key("assessprep", "a" * 32),
                **about,
            )
            for key in keys
        ],
        batch_size=500,
    )
    closes = (now + timedelta(days=1)).isoformat()
    settings = [
        {},
        {"closes_at": closes},
        {"closes_at": closes, "duration_s": 1200},
        {"duration_s": 3000, "order": "shuffled"},
    ]
    AssessmentSession.objects.bulk_create(
        [
            AssessmentSession(
                placement=placement,
                course_key=placement.course_key,
                name=f"Period {n}",
                lifecycle="published",
                overrides=settings[(placement.pk + n) % len(settings)],
                roster={"everyone": False, "classes": [], "students": list(range(100)), "excluded": []},
                n_assigned=ATTEMPTS_EACH,
                n_submitted=ATTEMPTS_EACH,
                **about,
            )
            for placement in Placement.objects.filter(organization__startswith="Org")
            for n in range(SESSIONS_EACH)
        ],
        batch_size=500,
    )
    pks = list(AssessmentSession.objects.order_by("pk").values_list("pk", flat=True))
    GradedCount.objects.bulk_create([GradedCount(session_id=pk, n=ATTEMPTS_EACH // 2) for pk in pks], batch_size=1000)
    people = get_user_model().objects.bulk_create(
        get_user_model()(username=f"learner-{n:04}") for n in range(SESSIONS_EACH * ATTEMPTS_EACH)
    )
    _attempts(pks, people[0].pk, now)
    return author, made.assessment


def _attempts(sessions: list[int], first_learner: int, now: Any) -> None:
    """A hundred submissions in each session, every other one graded: the tenth session of a school has its own hundred."""
    from django.db import connection

    from assessprep_xblock.domain.attempts.models import Attempt

    plain = Attempt(joined_at=now, submitted_at=now, status="submitted", change_no=1)
    fields = [field for field in Attempt._meta.concrete_fields if not field.primary_key]
    said = {
        "uuid": "UUID()",
        "session_id": "s.id",
        "placement_id": "s.placement_id",
        "learner_id": f"{first_learner} + MOD(s.id, {SESSIONS_EACH}) * {ATTEMPTS_EACH} + n.seq",
        "scoring": "IF(MOD(n.seq, 2), 'scored', 'needs_marking')",
    }
    if not connection.features.has_native_uuid_field:
        said["uuid"] = "REPLACE(UUID(), '-', '')"
    values = {
        one.column: one.get_db_prep_save(getattr(plain, one.attname), connection) for one in fields if one.column not in said
    }
    columns = ", ".join([*said, *values])
    asked = ", ".join([*said.values(), *("%s" for _ in values)])
    with connection.cursor() as cursor:
        for at in range(0, len(sessions), 500):
            cursor.execute(
                f"INSERT INTO {Attempt._meta.db_table} ({columns}) SELECT {asked} "  # noqa: S608  names and numbers of ours
                f"FROM assessprep_assessmentsession s JOIN seq_0_to_{ATTEMPTS_EACH - 1} n WHERE s.id BETWEEN %s AND %s",
                [*values.values(), sessions[at], sessions[min(at + 499, len(sessions) - 1)]],
            )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devlms.settings")
    print(json.dumps({"measure": _measure}[sys.argv[1]]()))
