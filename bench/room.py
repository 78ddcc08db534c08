"""Fills the bench's database: ``python -m bench.room room`` makes a room of students, signed in, and tells all about it;
``python -m bench.room codes N`` brings the live codes of its course run to N."""

from __future__ import annotations

import json
import sys
from importlib import import_module

import django

LEARNERS = 1_000


def _room() -> None:
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.utils import timezone

    from tests import bare

    room = bare.room(timezone.now(), learners=LEARNERS, questions=10)
    store = import_module(settings.SESSION_ENGINE).SessionStore
    people = []
    for user in get_user_model().objects.filter(pk__in=[*room.learners, room.staff]).order_by("pk"):
        session = store()
        session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session.save()
        people.append([user.pk == room.staff, session.session_key])
    told = {
        "students": [key for is_staff, key in people if not is_staff],
        "staff": next(key for is_staff, key in people if is_staff),
        "cookie": settings.SESSION_COOKIE_NAME,
        "placement": str(room.usage_key),
        "code": bare.CODE,
        "session": str(room.session.uuid),
        "item": room.questions[0].item,
        "question": str(room.questions[0].usage_key),
        "items": [question.item for question in room.questions],
    }
    json.dump(told, sys.stdout)


def _codes(wanted: int) -> None:
    from assessprep_xblock.domain.sessions.models import AssessmentSession
    from tests import bare

    first = AssessmentSession.objects.get(live_code=bare.CODE)
    there = set(AssessmentSession.objects.exclude(live_code=None).values_list("live_code", flat=True))
    free = (code for number in range(1, 10_000) if (code := f"{number:04}") not in there)
    AssessmentSession.objects.bulk_create(
        (
            AssessmentSession(
                placement=first.placement,
                course_key=first.course_key,
                name=f"Session {code}",
                lifecycle="published",
                roster=first.roster,
                live_code=code,
                created_by=first.created_by,
                created_at=first.created_at,
            )
            for _, code in zip(range(wanted - len(there)), free, strict=False)
        ),
        batch_size=1_000,
    )


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "room":
        _room()
    else:
        _codes(int(sys.argv[2]))
