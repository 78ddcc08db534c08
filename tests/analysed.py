"""A district whose tests are scored already, as rows alone: for what is read of many submissions."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.domain.attempts.models import AnswerDraft, Attempt, ItemResult
from assessprep_xblock.domain.library.models import (
    Assessment,
    AssessmentVersion,
    PlacedQuestion,
    Placement,
    VersionItem,
)
from assessprep_xblock.domain.sessions.models import AssessmentSession
from devlms import factories
from devlms.models import Enrolment
from tests.bare import add_placement, add_session, add_version

#: Wrong answers of every choice question beside the right one, which posts ``choice_0``.
WRONG = ("A kind of energy", "A kind of matter", "A unit")


@dataclass
class School:
    """One school: its staff, its placement and its sessions."""

    key: CourseKey
    staff: Any
    placement: Placement
    questions: list[PlacedQuestion]
    sessions: list[AssessmentSession]
    learners: list[int] = field(default_factory=list)


@dataclass
class District:
    """An assessment and everybody who took it."""

    now: datetime
    author: Any
    assessment: Assessment
    version: AssessmentVersion
    schools: dict[str, School]
    chance: random.Random

    def add(
        self, name: str, learners: int, *, session: int = 0, scores: list[list[float]] | None = None, packed: bool = False
    ) -> list[Attempt]:
        """That many students of a school submit, all scored; with these points, or by chance."""
        school = self.schools[name]
        first = len(school.learners)
        accounts = get_user_model()
        names = [f"{name.lower()}-{number}" for number in range(first, first + learners)]
        accounts.objects.bulk_create(accounts(username=one, email=f"{one}@example.com") for one in names)
        pks = list(accounts.objects.filter(username__in=names).order_by("pk").values_list("pk", flat=True))
        Enrolment.objects.bulk_create(Enrolment(user_id=pk, course_key=school.key) for pk in pks)
        school.learners += pks
        rows = scores if scores is not None else [self._drawn(len(school.questions)) for _ in pks]
        return self.submit(name, pks, rows, session=session)

    def _drawn(self, questions: int) -> list[float]:
        ability = self.chance.gauss(0, 1)
        return [
            float(self.chance.random() < 1 / (1 + math.exp(-(ability + 1 - 2 * one / questions))))
            for one in range(questions)
        ]

    def submit(self, name: str, pks: list[int], rows: list[list[float]], *, session: int = 0, number: int = 1):
        """These students submit."""
        school = self.schools[name]
        where = school.sessions[session]
        at = self.now + timedelta(minutes=number)
        Attempt.objects.bulk_create(
            Attempt(
                session=where,
                placement=school.placement,
                learner_id=pk,
                number=number,
                status="submitted",
                joined_at=self.now,
                submitted_at=at,
                handin="none",
                scoring="scored",
                answered=len(row),
                progress_at=at,
                earned=sum(row),
                possible=len(row),
            )
            for pk, row in zip(pks, rows, strict=True)
        )
        attempts = list(Attempt.objects.filter(placement=school.placement, learner_id__in=pks, number=number).order_by("pk"))
        by_learner = dict(zip(pks, rows, strict=True))
        results, drafts = [], []
        for attempt in attempts:
            for question, earned in zip(school.questions, by_learner[attempt.learner_id], strict=True):
                results.append(
                    ItemResult(
                        attempt=attempt,
                        question=question,
                        answered=True,
                        earned=earned,
                        possible=1,
                        scored_at=at,
                        state="done",
                    )
                )
                chosen = "choice_0" if earned > 0 else f"choice_{self.chance.choice((1, 1, 1, 2))}"
                drafts.append(
                    AnswerDraft(
                        attempt=attempt,
                        question=question,
                        values={f"input_{question.item}_2_1": chosen},
                        answered=True,
                        saved_at=at,
                    )
                )
        ItemResult.objects.bulk_create(results, batch_size=2000)
        AnswerDraft.objects.bulk_create(drafts, batch_size=2000)
        AssessmentSession.objects.filter(pk=where.pk).update(
            n_submitted=Attempt.objects.filter(session=where, status="submitted").count()
        )
        return attempts


def district(
    now: datetime, schools: Mapping[str, int], *, questions: int = 6, sessions: int = 1, seed: int = 1, points: float = 1
) -> District:
    """Schools by name with their number of scored submissions, of ``questions`` choice questions worth a point each."""
    bank_run = factories.make_course_run("course-v1:Riverside+BANK+2026", "Bank")
    author = factories.make_staff(bank_run, "author")
    version = add_version(bank_run, title="Forces", by=author.pk, now=now)
    assessment = version.assessment
    Assessment.objects.filter(pk=assessment.pk).update(current_version=version)
    VersionItem.objects.bulk_create(
        VersionItem(
            version=version,
            position=number,
            block_id=f"{number:032x}",
            block_type="problem",
            title=f"Force {number + 1}",
            max_points=points,
            drafts=True,
            olx=factories.choice_olx(f"Force {number + 1}", wrong=WRONG),
            sha256="0" * 64,
        )
        for number in range(questions)
    )
    made = District(now, author, assessment, version, {}, random.Random(seed))
    for name, learners in schools.items():
        made.schools[name] = _school(made, name, questions, sessions)
        if learners:
            made.add(name, learners)
    return made


def _school(made: District, name: str, questions: int, sessions: int) -> School:
    key = factories.make_course_run(f"course-v1:{name}+SCI7+2026", f"Science at {name}")
    staff = factories.make_staff(key, f"staff-{name.lower()}")
    placement = add_placement(key, made.version, titles="Force", questions=questions, by=staff.pk, now=made.now)
    held = [add_session(placement, staff.pk, made.now, name=f"{name} {number + 1}", code=None) for number in range(sessions)]
    return School(key, staff, placement, list(placement.questions.order_by("position")), held)
