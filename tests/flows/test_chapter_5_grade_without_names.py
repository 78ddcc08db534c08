"""Chapter 5 of the guide, Grade: what nobody learns yet: names from what graders read, marks from what students read."""

from __future__ import annotations

import io
import zipfile

import pytest

from assessprep_xblock.domain.grading.models import NamesRevealed
from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Score
from tests.flows import test_chapter_5_regrade as regrade
from tests.flows.test_chapter_5_grade_twice import SECRET, Graders, disagree, opened, write
from tests.world import Page

pytestmark = pytest.mark.django_db(transaction=True)


def body(page: Page, address: str) -> str:
    """What an address answers; a workbook's parts one behind the other."""
    answer = page.client.get(address)
    assert answer.status_code in (200, 409), (address, answer.status_code)
    raw = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if address.endswith(".xlsx"):
        book = zipfile.ZipFile(io.BytesIO(raw))
        raw = b"\n".join(book.read(name) for name in book.namelist())
    return raw.decode()


def test_nothing_that_graders_read_tells_a_name_or_an_account_and_no_log_tells_marks_beside_one():
    world = opened(anonymous=True)
    graders = Graders(world)
    attempts = [write(world, learner)[1] for learner in world.learners]
    disagree(graders, attempts[0])
    graders.mark(graders.one, attempts[1], 5)
    version = regrade.publish(world, key=True)
    regrade.look(world, version)
    page, session = f"/assessprep/sessions/{world.session.uuid}", f"/assessprep/api/v1/sessions/{world.session.uuid}"
    assessment = f"/assessprep/api/v1/assessments/{world.placement.version.assessment.uuid}"
    asked = f"version={version}&dropped=leave"
    addresses = [
        *(f"{page}/{one}" for one in ("grade/", "grade/?search=student", "grade/questions/", "grade/conflicts/")),
        *(f"{page}/{one}" for one in ("grade/correction/", f"grade/correction/?{asked}", "analyse/")),
        *(f"{session}/{one}" for one in ("grades", "grades.csv", "grades.xlsx", "release", f"regrade-preview?{asked}")),
        f"{assessment}/analysis?session={world.session.uuid}",
    ]
    for attempt in attempts:
        addresses.append(f"/assessprep/attempts/{attempt}/")
        addresses += [f"/assessprep/attempts/{attempt}/questions/{one.item}/" for one in world.questions]
    texts = {address: body(graders.three, address) for address in addresses}
    texts["marked"] = graders.mark(graders.three, attempts[1], 2).content.decode()
    texts["settled"] = graders.settle(graders.three, attempts[0], 3).content.decode()
    texts["lease"] = graders.three.call("POST", f"attempts/{attempts[2]}/lease", {}).content.decode()
    for address, text in texts.items():
        assert [one for one in ("Student ", "student-a-", "@") if one in text] == [], address
    logs = [f"{session}/log.csv", *(f"/assessprep/api/v1/attempts/{one}/log" for one in attempts)]
    # The room's own record has names, and nothing of marks beside them.
    assert "Student 1" in body(graders.one, logs[0])
    for address in logs:
        assert not any(one in body(graders.one, address) for one in ("mark_round", "settle_marks")), address
    assert graders.one.call("POST", f"sessions/{world.session.uuid}/reveal-names", {"reason": "Marks are set."})
    assert NamesRevealed.objects.count() == 1
    assert all("mark_round" in body(graders.one, address) for address in logs[:3])


def test_before_the_release_no_student_and_no_view_of_the_platform_learns_of_marks_of_two_people():
    world = opened(release="manual")
    graders, learner = Graders(world), world.learners[0]
    student, attempt = write(world, learner)
    graders.mark(graders.one, attempt, 4.5, comment=SECRET)
    graders.mark(graders.two, attempt, 5, comment=SECRET)
    keys = [one.usage_key for one in world.questions]

    def seen() -> list[str]:
        """What a student can ask for: her attempt, her sessions, the block's own page, a question, its history."""
        history = f"/courses/{world.school}/submission_history/{learner.username}"
        return [
            student.call("GET", f"attempts/{attempt}").content.decode(),
            student.call("GET", "me/sessions").content.decode(),
            student.client.get(f"/xblock/{world.usage_key}").content.decode(),
            *(student.client.get(f"/xblock/{key}").content.decode() for key in keys),
            *(student.client.get(f"{history}/{key}").content.decode() for key in keys),
        ]

    for text in seen():
        assert SECRET not in text and '"earned"' not in text
    assert get_lms().scores(keys, [learner.pk]) == {}
    graders.release()
    assert SECRET in seen()[0]
    assert student.call("GET", f"attempts/{attempt}").json()["results"][1]["earned"] == 4.75
    assert get_lms().scores(keys, [learner.pk])[learner.pk, keys[1]] == Score(4.75, 6.0)
