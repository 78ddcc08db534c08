"""``python -m peer_site.fill room N``: N students who work in one timed exam, and as many who have not begun, signed in.

``python -m peer_site.fill race N``: N times four starts at once, N times a Submit beside a Stop, and N times two Submits at
once, each call in a transaction of its own as a platform's requests are.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import django
from peer_site.at_once import at_once

RUN = "course-v1:School+SCI+2026"
EXAM = "block-v1:School+SCI+2026+type@sequential+block@"
#: So many begin as the product has it; the rest are copies of their rows, for lists alone.
BEGUN = 240


def room(count: int) -> dict[str, Any]:
    """Accounts, a timed exam, and half of them at work."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from edx_proctoring.api import create_exam, create_exam_attempt, start_exam_attempt

    people = _people("student", 2 * count)
    (staff,) = _people("watcher", 1, is_staff=True)
    about = {"exam_name": "Midterm", "time_limit_mins": 60, "is_proctored": False}
    exam = create_exam(course_id=RUN, content_id=f"{EXAM}midterm", **about)
    attempts = []
    for person in people[: min(count, BEGUN)]:
        attempts.append(create_exam_attempt(exam, person.pk))
        start_exam_attempt(exam, person.pk)
    _copy(attempts[0], people[BEGUN:count])
    store = import_module(settings.SESSION_ENGINE).SessionStore
    keys = {}
    for user in get_user_model().objects.all():
        session = store()
        session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session.save()
        keys[user.pk] = session.session_key
    return {
        "cookie": settings.SESSION_COOKIE_NAME,
        "exam": exam,
        "run": RUN,
        "staff": keys[staff.pk],
        "working": [{"key": keys[one.pk], "attempt": attempt} for one, attempt in zip(people, attempts, strict=False)],
        "fresh": [keys[one.pk] for one in people[count:]],
    }


def _copy(attempt_id: int, people: list[Any]) -> None:
    from edx_proctoring.models import ProctoredExamStudentAttempt as Attempt

    copies = []
    for person in people:
        one = Attempt.objects.get(pk=attempt_id)
        one.pk, one.user_id, one.attempt_code = None, person.pk, f"copy-{person.pk}"
        copies.append(one)
    Attempt.objects.bulk_create(copies)


def _people(name: str, count: int, **more: Any) -> list[Any]:
    from django.contrib.auth import get_user_model

    accounts = get_user_model()
    accounts.objects.bulk_create(
        accounts(username=f"{name}{n}", email=f"{name}{n}@example.com", **more) for n in range(count)
    )
    return list(accounts.objects.filter(username__startswith=name).order_by("pk"))


def race(count: int) -> dict[str, int]:
    """In how many rounds something went wrong."""
    from edx_proctoring import api
    from edx_proctoring.models import ProctoredExamStudentAttempt as Attempt
    from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

    people = _people("racer", 3 * count)
    exam = api.create_exam(course_id=RUN, content_id=f"{EXAM}race", exam_name="Race", time_limit_mins=60, is_proctored=False)
    several = lost = moved = 0
    for person in people[:count]:
        _at_once([lambda who=person.pk: api.create_exam_attempt(exam, who)] * 4)
        several += Attempt.objects.filter(user_id=person.pk).count() > 1
    for person in people[count:]:
        api.create_exam_attempt(exam, person.pk)
        api.start_exam_attempt(exam, person.pk)
    for person in people[count : 2 * count]:
        attempt = Attempt.objects.get(user_id=person.pk).pk
        submit = lambda one=attempt: api.update_attempt_status(one, Status.submitted)  # noqa: E731
        said = _at_once([submit, lambda one=attempt: api.stop_exam_attempt(one)])
        lost += said[0] and Attempt.objects.get(pk=attempt).status != Status.submitted
    for person in people[2 * count :]:
        attempt = Attempt.objects.get(user_id=person.pk).pk
        said = _at_once([lambda one=attempt: api.update_attempt_status(one, Status.submitted)] * 2)
        moved += all(said)
    return {"several": several, "lost": lost, "both": moved}


def _at_once(deeds: list[Callable[[], Any]]) -> list[bool]:
    """Do them at the same moment, each in a transaction; which of them were acknowledged. Whatever is raised refuses."""
    from django.db import transaction

    return at_once([transaction.atomic(deed) for deed in deeds], refusal=Exception)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "peer_site.settings")
    django.setup()
    json.dump({"room": room, "race": race}[sys.argv[1]](int(sys.argv[2])), sys.stdout)
