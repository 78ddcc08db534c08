"""``python -m bench.race N``: what :mod:`bench.peer_site.fill` races at edx-proctoring, raced at ours: N times four joins
and starts at once, N times a Submit beside staff's End, and N times two Submits at once."""

from __future__ import annotations

import json
import sys
from typing import Any

import django

from bench.peer_site.at_once import at_once


def race(count: int) -> dict[str, int]:
    """In how many rounds something went wrong."""
    from django.utils import timezone

    from assessprep_xblock.domain.attempts.actions_entry import verify_code
    from assessprep_xblock.domain.attempts.actions_running import start, submit
    from assessprep_xblock.domain.attempts.models import Attempt
    from assessprep_xblock.domain.monitoring.actions_ending import end
    from assessprep_xblock.domain.sessions.models import AssessmentSession
    from assessprep_xblock.domain.shared.models import AuditRow
    from assessprep_xblock.domain.shared.refusals import Refusal
    from tests import bare

    session = AssessmentSession.objects.select_related("placement").get(live_code=bare.CODE)
    key, watcher = session.placement.usage_key, session.created_by_id
    people = _people(3 * count, session)

    def join_and_start(who: int) -> Any:
        joined = verify_code(usage_key=key, learner_id=who, code=bare.CODE, now=timezone.now())
        return start(attempt_uuid=joined.attempt.uuid, by=who, now=timezone.now())

    several = lost = twice = 0
    for who in people[:count]:
        at_once([lambda who=who: join_and_start(who)] * 4, refusal=Refusal)
        several += Attempt.objects.filter(learner_id=who).count() != 1
    for who in people[count:]:
        join_and_start(who)
    for who in people[count : 2 * count]:
        uuid = Attempt.objects.get(learner_id=who).uuid
        deeds = [
            lambda who=who, uuid=uuid: submit(attempt_uuid=uuid, by=who, now=timezone.now()),
            lambda uuid=uuid: end(session_id=session.pk, attempts=[uuid], by=watcher, reason="", now=timezone.now()),
        ]
        said = at_once(deeds, refusal=Refusal)
        lost += said[0] and Attempt.objects.get(learner_id=who).status != "submitted"
    for who in people[2 * count :]:
        attempt = Attempt.objects.get(learner_id=who)
        submits = [lambda who=who, one=attempt: submit(attempt_uuid=one.uuid, by=who, now=timezone.now())] * 2
        at_once(submits, refusal=Refusal)
        twice += AuditRow.objects.filter(attempt_id=attempt.pk, action="submit").count() != 1
    return {"several": several, "lost": lost, "both": twice}


def _people(count: int, session: Any) -> list[int]:
    from django.contrib.auth import get_user_model

    from devlms.models import Enrolment

    accounts = get_user_model()
    accounts.objects.bulk_create(accounts(username=f"racer{n}", email=f"racer{n}@example.com") for n in range(count))
    ids = list(accounts.objects.filter(username__startswith="racer").order_by("pk").values_list("pk", flat=True))
    Enrolment.objects.bulk_create(Enrolment(user_id=pk, course_key=session.course_key) for pk in ids)
    return ids


if __name__ == "__main__":
    django.setup()
    json.dump(race(int(sys.argv[1])), sys.stdout)
