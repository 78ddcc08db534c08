"""Fills the bench's database with sessions in which people work already, and measures what needs no web server.

``python -m bench.crowd make N`` adds a session of N students, all of them working, in a class of its own, and tells its
UUID; ``python -m bench.crowd touch UUID SHARE ANSWERED`` gives one in so many of them so many answers;
``python -m bench.crowd submitted UUID`` hands everybody's test in, with a result for each question;
``python -m bench.crowd sweep UUID`` settles it an hour after everybody's time is over; ``python -m bench.crowd export UUID``
writes its results as CSV.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import django


def make(count: int) -> dict[str, Any]:
    """A session of this many students who work in it."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from assessprep_xblock.domain.sessions.models import AssessmentSession
    from devlms.models import Cohort, CohortMembership, Enrolment
    from tests import bare

    now, first = timezone.now(), AssessmentSession.objects.order_by("pk")[0]
    accounts = get_user_model()
    accounts.objects.bulk_create(
        (accounts(username=f"crowd{count}-{n}", email=f"crowd{count}-{n}@example.com") for n in range(count)),
        batch_size=1_000,
    )
    ids = list(accounts.objects.filter(username__startswith=f"crowd{count}-").values_list("pk", flat=True))
    run, group = first.course_key, Cohort.objects.create(course_key=first.course_key, name=f"Class of {count}")
    Enrolment.objects.bulk_create((Enrolment(user_id=pk, course_key=run) for pk in ids), batch_size=1_000)
    CohortMembership.objects.bulk_create(
        (CohortMembership(user_id=pk, course_key=run, cohort=group) for pk in ids), batch_size=1_000
    )
    session = bare.add_session(first.placement, first.created_by_id, now, name=f"Crowd of {count}", code=f"9{count:05}")
    session.roster = {"everyone": False, "classes": [group.pk], "students": [], "excluded": []}
    put_to_work(session, ids, now)
    return {"session": str(session.uuid), "pk": session.pk}


def put_to_work(session: Any, learners: Collection[int], now: datetime) -> None:
    """These learners are at work in a session that has nobody yet."""
    from assessprep_xblock.domain.attempts.models import Attempt
    from assessprep_xblock.domain.sessions.clock import SECOND, to_us

    session.n_in_progress = session.change_no = len(learners)
    session.save()
    Attempt.objects.bulk_create(
        (
            Attempt(
                session=session,
                placement_id=session.placement_id,
                learner_id=pk,
                status="in_progress",
                joined_at=now - timedelta(minutes=10),
                admitted_at=now - timedelta(minutes=10),
                started_at=now - timedelta(minutes=9),
                started_us=to_us(now - timedelta(minutes=9)),
                due_us=to_us(now) + 2_160 * SECOND,
                answered=5,
                last_seen_at=now,
                progress_at=now - timedelta(minutes=1),
                change_no=place,
            )
            for place, pk in enumerate(learners, start=1)
        ),
        batch_size=1_000,
    )


def touch(uuid: str, share: int, answered: int) -> dict[str, Any]:
    """One in ``share`` students of the session has so many answers now; how many students that are."""
    from django.utils import timezone

    from assessprep_xblock.domain.attempts.models import Attempt

    ids = list(Attempt.objects.filter(session__uuid=uuid).order_by("pk").values_list("pk", flat=True))[::share]
    changed = Attempt.objects.filter(pk__in=ids).update(answered=answered, progress_at=timezone.now())
    return {"changed": changed}


def submitted(uuid: str) -> dict[str, Any]:
    """Everybody has handed in, and the platform has scored it all."""
    from django.utils import timezone

    from assessprep_xblock.domain.attempts.models import Attempt, ItemResult
    from assessprep_xblock.domain.library.models import PlacedQuestion
    from assessprep_xblock.domain.sessions.models import AssessmentSession

    now, session = timezone.now(), AssessmentSession.objects.get(uuid=uuid)
    rows = Attempt.objects.filter(session=session)
    rows.update(
        status="submitted", submitted_at=now, ended_at=now, handin="done", scoring="scored", earned=7, possible=10, graded=10
    )
    questions = list(PlacedQuestion.objects.filter(placement_id=session.placement_id).values_list("pk", flat=True))
    made = (
        ItemResult(
            attempt_id=pk, question_id=question, state="done", answered=True, machine=1, earned=1, possible=1, scored_at=now
        )
        for pk in rows.values_list("pk", flat=True)
        for question in questions
    )
    ItemResult.objects.bulk_create(made, batch_size=2_000)
    AssessmentSession.objects.filter(pk=session.pk).update(n_in_progress=0, n_submitted=rows.count())
    return {"rows": rows.count()}


def sweep(uuid: str) -> dict[str, Any]:
    """Seconds and statements of a sweep over a session whose time is over for all, and what a second one still finds."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from assessprep_xblock import conf
    from assessprep_xblock.domain.attempts.actions_settle import settle, would_settle
    from assessprep_xblock.domain.sessions.models import AssessmentSession

    session, later = AssessmentSession.objects.get(uuid=uuid), timezone.now() + timedelta(hours=1)
    begun = time.monotonic()
    with CaptureQueriesContext(connection) as seen:
        done = settle(session_id=session.pk, now=later)
    seconds = time.monotonic() - begun
    return {
        "seconds": seconds,
        "statements": len(seen.captured_queries),
        "batches": -(-done.submitted // conf.get_int("ASSESSPREP_SETTLE_BATCH")),
        "submitted": done.submitted,
        "again": would_settle(session_id=session.pk, now=later).submitted,
    }


def export(uuid: str) -> dict[str, Any]:
    """Statements and memory of the results as CSV."""
    from django.db import connection
    from django.http import QueryDict
    from django.test.utils import CaptureQueriesContext

    from assessprep_xblock.domain.grading.exports import grades_table
    from assessprep_xblock.domain.grading.queries import Filters
    from assessprep_xblock.domain.sessions.models import AssessmentSession
    from assessprep_xblock.domain.shared.spreadsheets import csv_lines

    session = AssessmentSession.objects.select_related("placement__version").get(uuid=uuid)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with CaptureQueriesContext(connection) as seen:
        table = grades_table(session, Filters.read(QueryDict()))
        lines = sum(1 for _ in csv_lines(table.head, table.rows))
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"lines": lines, "statements": len(seen.captured_queries), "memory": memory}


if __name__ == "__main__":
    django.setup()
    deed, given, *more = sys.argv[1:]
    if deed == "make":
        answer = make(int(given))
    elif deed == "touch":
        answer = touch(given, *map(int, more))
    else:
        answer = {"submitted": submitted, "sweep": sweep, "export": export}[deed](given)
    json.dump(answer, sys.stdout)
