"""Chapter 5 of the guide, Grade: answers that need a person, marked by two people who do not know of each other's marks."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import Attempt, ItemResult
from assessprep_xblock.domain.grading.models import MarkStep, RoundMark
from assessprep_xblock.domain.monitoring.actions_platform import state_deleted
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Score
from devlms import factories
from tests.flows import test_chapter_5_regrade as regrade
from tests.world import Page, World, delivered

pytestmark = pytest.mark.django_db(transaction=True)

ESSAY = '<assessprep_written display_name="Essay" prompt="Why do things fall?" words_most="200" rubric="{}"/>'
RUBRIC = "4 | Argument&#10;2 | Language"
#: Words that stand nowhere else: whoever reads them has read the colleague's mark.
SECRET = "Brilliantly argued, nearly flawless"


def opened(*, rubric: str = "6 | Points", olx: list[str] | None = None, **settings: Any) -> World:
    cache.clear()
    settings = {"second_marking": "all", "mark_tolerance": 1, "release": "manual", **settings}
    return delivered(timezone.now(), olx=olx or [factories.choice_olx(), ESSAY.format(rubric)], **settings)


@pytest.fixture
def world() -> World:
    return opened()


class Graders:
    """The first, the second and a third member of the school's staff."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.one = Page(world.staff)
        self.two = Page(factories.make_staff(world.school, "staff-b", "Second Grader"))
        self.three = Page(factories.make_staff(world.school, "staff-c", "Third Grader"))

    def read(self, by: Page, attempt: str) -> dict[str, Any]:
        """What the script of a submission's page is told about the essay."""
        found = by.client.get(f"/assessprep/attempts/{attempt}/")
        assert found.status_code == 200
        return found.context["setup"]["marks"][self.world.questions[1].item]

    def mark(self, by: Page, attempt: str, points: float | None, **given: Any):
        body = {"version": self.read(by, attempt)["version"], "points": points, "comment": "", "reason": "", **given}
        if points is not None and "criteria" not in given:
            body["criteria"] = {"1": points}
        return by.call("PUT", f"attempts/{attempt}/marks/{self.world.questions[1].item}", body)

    def settle(self, by: Page, attempt: str, points: float, reason: str = "Read together.", **given: Any):
        body = {"version": self.read(by, attempt)["version"], "points": points, "criteria": {"1": points}, "reason": reason}
        return by.call("POST", f"attempts/{attempt}/marks/{self.world.questions[1].item}/settle", {**body, **given})

    def undo(self, by: Page, attempt: str):
        body = {"version": self.read(by, attempt)["version"]}
        return by.call("POST", f"attempts/{attempt}/marks/{self.world.questions[1].item}/undo", body)

    def offered(self, attempt: str) -> list[bool]:
        """Whether the page of the first, the second and the third offers to undo something of the essay."""
        pages = [page.client.get(f"/assessprep/attempts/{attempt}/") for page in (self.one, self.two, self.three)]
        return [page.context["questions"][1]["one"].undoable for page in pages]

    def result(self, attempt: str) -> ItemResult:
        return ItemResult.objects.get(attempt__uuid=attempt, question=self.world.questions[1])

    def next(self, by: Page, query: str = "") -> str:
        return by.client.get(f"/assessprep/sessions/{self.world.session.uuid}/grade/next/{query}")["Location"]

    def listed(self, by: Page, attempt: str, **query: str) -> dict[str, Any]:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        found = by.call("GET", f"sessions/{self.world.session.uuid}/grades?{asked}").json()
        return next((one for one in found["results"] if one["attempt"] == attempt), {})

    def release(self) -> None:
        assert self.one.call("POST", f"sessions/{self.world.session.uuid}/release", {}).status_code == 200

    def stored(self, learner: Any) -> Score | None:
        """What the platform's gradebook says about the essay."""
        key = self.world.questions[1].usage_key
        return get_lms().scores([key], [learner.pk]).get((learner.pk, key))


def write(world: World, learner: Any, text: str = "Because of gravity.") -> tuple[Page, str]:
    """A student takes the test; her page and her attempt."""
    student = Page(learner)
    student.verify(world), student.start()
    choice, essay = world.questions[:2]
    student.save(choice.item, world.answers(0, "choice_0"))
    if text:
        student.save(essay.item, {f"input_{essay.item}_2_1": text})
    assert student.submit().status_code == 200
    return student, student.state["attempt"]


# -- two marks ----------------------------------------------------------------------------------------------------------
def test_of_two_marks_within_the_tolerance_the_mean_counts_and_it_alone_goes_to_the_gradebook(world):
    graders, learner = Graders(world), world.learners[0]
    student, attempt = write(world, learner)
    graders.release()
    first = graders.mark(graders.one, attempt, 4, comment="Clear.").json()
    assert (first["state"], first["mark"], first["earned"], first["marks"]) == ("waits", 4, None, [])
    assert graders.stored(learner) is None and graders.listed(graders.one, attempt)["status"] == "partly"
    second = graders.mark(graders.two, attempt, 5, comment="Read on.").json()
    assert (second["state"], second["earned"], second["total"]["earned"]) == ("agreed", 4.5, 5.5)
    assert [(one["by"], one["points"]) for one in second["marks"]] == [("Staff A", 4), ("Second Grader", 5)]
    assert graders.stored(learner) == Score(4.5, 6.0)
    told = student.call("GET", f"attempts/{attempt}").json()["results"][1]
    assert (told["earned"], told["comment"]) == (4.5, "Clear.\n\nRead on.")
    assert [row.action for row in AuditRow.objects.filter(action__in=["mark_round", "agree_marks"]).order_by("pk")] == [
        *("mark_round", "mark_round", "agree_marks")
    ]


def test_criteria_are_averaged_one_by_one_and_add_up():
    world = opened(rubric=RUBRIC)
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    graders.mark(graders.one, attempt, 5, criteria={"1": 3.5, "2": 1.5})
    told = graders.mark(graders.two, attempt, 4, criteria={"1": 2, "2": 2}).json()
    assert (told["earned"], told["criteria"]) == (4.5, {"1": 2.75, "2": 1.75})


def test_the_second_person_learns_nothing_of_the_first_mark_before_giving_one(world):
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    untouched = graders.read(graders.two, attempt)
    graders.mark(graders.one, attempt, 5.5, comment=SECRET)
    # A page opened before the first mark is as good as one opened after it.
    assert graders.read(graders.two, attempt)["version"] == untouched["version"]
    client, api = graders.two.client, "/assessprep/api/v1"
    texts = [
        client.get(f"/assessprep/attempts/{attempt}/").content.decode(),
        client.get(f"/assessprep/sessions/{world.session.uuid}/grade/").content.decode(),
        client.get(f"/assessprep/sessions/{world.session.uuid}/grade/conflicts/").content.decode(),
        client.get(f"{api}/sessions/{world.session.uuid}/grades").content.decode(),
        client.get(f"{api}/attempts/{attempt}/log").content.decode(),
        b"".join(client.get(f"{api}/sessions/{world.session.uuid}/grades.csv").streaming_content).decode(),
    ]
    for text in texts:
        assert SECRET not in text
    assert "Needs a second mark" in texts[0]
    events = client.get(f"{api}/attempts/{attempt}/log").json()["events"]
    assert [one["facts"].get("points") for one in events if one["action"] == "mark_round"] == [None]
    told = graders.read(graders.two, attempt)
    assert (told["may"], told["marks"]) == ("mark", [])
    # The one who gave it reads it; once both are in, everybody who grades does.
    assert SECRET in graders.one.client.get(f"/assessprep/attempts/{attempt}/").content.decode()
    graders.mark(graders.two, attempt, 1)
    for page in (graders.two, graders.three):
        text = page.client.get(f"/assessprep/attempts/{attempt}/").content.decode()
        assert SECRET in text and "First mark: 5.5" in text and "The two marks differ" in text


def test_one_person_never_gives_both_marks(world):
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    graders.mark(graders.one, attempt, 4)
    refused = graders.mark(graders.one, attempt, 4, round=2)
    assert (refused.status_code, refused.json()["code"]) == (409, "marked_by_you")
    assert "somebody else" in refused.json()["message"]
    # Without naming one it changes the own mark, as long as it is the only one.
    assert graders.mark(graders.one, attempt, 3).json()["mark"] == 3
    assert list(RoundMark.objects.values_list("round", "points")) == [(1, 3)]
    graders.mark(graders.two, attempt, 3)
    for by in (graders.one, graders.two, graders.three):
        refused = graders.mark(by, attempt, 2)
        assert (refused.status_code, refused.json()["code"]) == (409, "both_marks_in")


def test_a_mark_that_somebody_else_has_given_is_not_given_again(world):
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    graders.mark(graders.one, attempt, 4, round=1)
    assert graders.mark(graders.two, attempt, 4, round=1).json()["code"] == "round_taken"
    assert graders.mark(graders.two, attempt, 4, round=3).json()["code"] == "invalid"
    assert graders.mark(graders.two, attempt, 4).json()["state"] == "agreed"


def test_a_repeated_call_gives_no_second_mark_and_an_old_page_is_refused(world):
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    read = graders.read(graders.one, attempt)["version"]
    assert graders.mark(graders.one, attempt, 4, version=read).status_code == 200
    assert graders.mark(graders.one, attempt, 4, version=read).status_code == 200
    assert graders.mark(graders.one, attempt, 2, version=read).json()["code"] == "stale_version"
    assert AuditRow.objects.filter(action="mark_round").count() == MarkStep.objects.count() == 1


def test_one_takes_back_or_undoes_ones_own_mark_only_while_it_is_alone(world):
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    graders.mark(graders.one, attempt, 4)
    graders.mark(graders.one, attempt, 5)
    assert graders.offered(attempt) == [True, False, False]
    assert graders.undo(graders.two, attempt).json()["code"] == "nothing_to_undo"
    assert graders.undo(graders.one, attempt).json()["mark"] == 4
    assert graders.undo(graders.one, attempt).json()["mark"] == 5
    assert graders.mark(graders.one, attempt, None).json()["state"] == "to_mark"
    assert graders.result(attempt).marks_in == RoundMark.objects.count() == 0
    assert graders.undo(graders.one, attempt).json()["mark"] == 5
    graders.mark(graders.two, attempt, 5)
    assert graders.undo(graders.two, attempt).json()["code"] == "both_marks_in"
    assert graders.offered(attempt) == [False, False, False]
    graders.settle(graders.three, attempt, 4)
    assert graders.offered(attempt) == [True, True, True]


def test_what_the_platform_scored_is_marked_by_one_person_as_before(world):
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    item = world.questions[0].item
    page = graders.one.client.get(f"/assessprep/attempts/{attempt}/").context["setup"]["marks"][item]
    body = {"version": page["version"], "points": 0.5, "reason": "The picture was unclear."}
    told = graders.one.call("PUT", f"attempts/{attempt}/marks/{item}", body).json()
    assert (told["earned"], told["state"]) == (0.5, "marked")
    # And an empty answer waits for nobody.
    _student, empty = write(world, world.learners[1], text="")
    assert graders.listed(graders.one, empty)["to_mark"] == 0


# -- conflicts ----------------------------------------------------------------------------------------------------------
def disagree(graders: Graders, attempt: str) -> None:
    graders.mark(graders.one, attempt, 6, comment="All there.")
    told = graders.mark(graders.two, attempt, 2, comment="Thin.").json()
    assert (told["state"], told["earned"], told["may"]) == ("conflict", None, "settle")


def test_beyond_the_tolerance_it_is_a_conflict_until_somebody_settles_it_with_a_reason(world):
    graders, learner = Graders(world), world.learners[0]
    student, attempt = write(world, learner)
    graders.release()
    disagree(graders, attempt)
    assert graders.stored(learner) is None and graders.listed(graders.one, attempt)["conflicts"] == 1
    here = f"/assessprep/sessions/{world.session.uuid}/grade/conflicts/"
    text = graders.three.client.get(here).content.decode()
    assert "Student 1" in text and "Staff A" in text and "Second Grader" in text and "1 answer to settle" in text
    assert graders.settle(graders.three, attempt, 3, reason=" ").json()["code"] == "settling_reason_needed"
    assert graders.settle(graders.three, attempt, 7).json()["code"] == "mark_out_of_range"
    told = graders.settle(graders.three, attempt, 3, reason="The claim has no grounds.", comment="Say why.").json()
    assert (told["state"], told["earned"], told["total"]["status"]) == ("settled", 3, "scored")
    assert graders.stored(learner) == Score(3.0, 6.0)
    assert student.call("GET", f"attempts/{attempt}").json()["results"][1]["comment"] == "Say why."
    row = AuditRow.objects.get(action="settle_marks")
    assert (row.reason, row.facts["of"], row.facts["points"]) == ("The claim has no grounds.", [6, 2], 3)
    assert "No two marks differ" in graders.three.client.get(here).content.decode()
    assert graders.listed(graders.one, attempt)["conflicts"] == 0


@pytest.mark.parametrize(("tolerance", "state"), [(0, "conflict"), (0.5, "agreed")])
def test_how_far_two_marks_may_be_apart_is_the_sessions_to_say(tolerance, state):
    world = opened(mark_tolerance=tolerance)
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    graders.mark(graders.one, attempt, 4)
    assert graders.mark(graders.two, attempt, 4.5).json()["state"] == state


def test_one_of_the_two_may_settle_after_talking_and_the_mean_of_both_may_be_chosen(world):
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    graders.mark(graders.one, attempt, 2.5)
    graders.mark(graders.two, attempt, 5)
    offered = graders.read(graders.one, attempt)["marks"]
    assert [one["points"] for one in offered] == [2.5, 5, 3.75]
    assert graders.settle(graders.one, attempt, 3.75).json()["earned"] == 3.75


def test_a_settlement_is_undone_and_done_again_and_the_conflict_between_is_back(world):
    graders, learner = Graders(world), world.learners[0]
    _student, attempt = write(world, learner)
    graders.release()
    disagree(graders, attempt)
    graders.settle(graders.three, attempt, 3)
    undone = graders.undo(graders.one, attempt).json()
    assert (undone["state"], undone["earned"]) == ("conflict", None)
    assert graders.listed(graders.one, attempt)["conflicts"] == 1
    assert graders.undo(graders.one, attempt).json()["earned"] == 3
    assert graders.stored(learner) == Score(3.0, 6.0)
    assert AuditRow.objects.filter(action="settle_marks").count() == 3


def test_what_two_people_agreed_on_can_be_settled_otherwise_and_undone_to_the_mean(world):
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    graders.mark(graders.one, attempt, 4)
    assert graders.settle(graders.three, attempt, 1).json()["code"] == "second_mark_missing"
    graders.mark(graders.two, attempt, 5)
    assert graders.settle(graders.three, attempt, 1, reason="Copied from a book.").json()["earned"] == 1
    undone = graders.undo(graders.three, attempt).json()
    assert (undone["state"], undone["earned"]) == ("agreed", 4.5)


def test_a_repeated_settlement_changes_nothing_and_of_two_the_later_page_is_refused(world):
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    disagree(graders, attempt)
    read = graders.read(graders.three, attempt)["version"]
    assert graders.settle(graders.three, attempt, 3, version=read).status_code == 200
    assert graders.settle(graders.three, attempt, 3, version=read).status_code == 200
    assert AuditRow.objects.filter(action="settle_marks").count() == 1
    assert graders.settle(graders.three, attempt, 4, version=read).json()["code"] == "stale_version"


# -- the ways through them ----------------------------------------------------------------------------------------------
def test_the_next_ungraded_leads_each_marker_to_what_she_may_mark(world):
    graders = Graders(world)
    first, second = (write(world, learner)[1] for learner in world.learners[:2])
    graders.mark(graders.one, first, 4)
    assert f"/attempts/{second}/" in graders.next(graders.one)
    assert f"/attempts/{first}/" in graders.next(graders.two)
    graders.mark(graders.one, second, 4)
    assert graders.next(graders.one).endswith("?done=1")
    graders.mark(graders.two, first, 0)
    # A conflict is nobody's to mark, and everybody's to settle.
    assert f"/attempts/{second}/" in graders.next(graders.three)
    assert f"/attempts/{first}/?question=" in graders.next(graders.one, "?conflicts=1")
    graders.settle(graders.one, first, 4)
    assert graders.next(graders.one, "?conflicts=1").endswith("/conflicts/?done=1")
    overview = graders.one.client.get(f"/assessprep/sessions/{world.session.uuid}/grade/questions/")
    (essay,) = [one for one in overview.context["questions"] if one["one"].waiting]
    assert (essay["address"], essay["one"].second) == ("", 1)


def test_the_list_shows_and_filters_what_lacks_a_second_mark_and_what_is_in_conflict(world):
    graders = Graders(world)
    _untouched, half, conflict = (write(world, learner)[1] for learner in world.learners)
    graders.mark(graders.one, half, 4)
    disagree(graders, conflict)
    found = {
        name: graders.one.call("GET", f"sessions/{world.session.uuid}/grades?marking={name}").json()
        for name in ("second", "conflict", "whatever")
    }
    assert [[one["attempt"] for one in found[name]["results"]] for name in ("second", "conflict")] == [[half], [conflict]]
    assert found["whatever"]["count"] == 3 and found["second"]["marking"] == {"second": 1, "conflict": 1}
    page = graders.one.client.get(f"/assessprep/sessions/{world.session.uuid}/grade/?marking=conflict")
    text = page.content.decode()
    assert "Student 3" in text and "Student 1" not in text and "1 conflict" in text
    progress = page.context["progress"]
    assert (progress.answers, progress.none, progress.one, progress.conflicts, progress.done) == (3, 1, 1, 1, 0)


def test_two_people_may_have_one_submission_open_and_a_third_waits(world):
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    lease = f"attempts/{attempt}/lease"
    for page in (graders.one, graders.two, graders.one):
        assert page.call("POST", lease, {}).status_code == 200
    refused = graders.three.call("POST", lease, {})
    assert (refused.status_code, refused.json()["code"]) == (409, "leased")
    assert graders.next(graders.three).endswith("?done=1")
    assert graders.mark(graders.three, attempt, 4).json()["code"] == "leased"
    graders.mark(graders.one, attempt, 4)
    # The first is through; one mark is left, and who sits at it gives it.
    assert graders.one.call("DELETE", lease).status_code == 204
    assert graders.three.call("POST", lease, {}).json()["code"] == "leased"
    assert graders.three.call("POST", lease, {"take_over": True}).status_code == 200
    assert graders.mark(graders.two, attempt, 4).json()["code"] == "leased"
    assert graders.mark(graders.three, attempt, 4).json()["state"] == "agreed"


def test_settling_is_one_persons_at_a_time(world):
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    disagree(graders, attempt)
    assert graders.one.call("POST", f"attempts/{attempt}/lease", {}).status_code == 200
    assert graders.settle(graders.three, attempt, 4).json()["code"] == "leased"
    assert graders.next(graders.three, "?conflicts=1").endswith("?done=1")
    assert graders.settle(graders.one, attempt, 4).status_code == 200


def test_without_names_the_conflicts_show_made_up_names():
    world = opened(anonymous=True)
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    disagree(graders, attempt)
    name = graders.listed(graders.one, attempt)["name"]
    text = graders.two.client.get(f"/assessprep/sessions/{world.session.uuid}/grade/conflicts/").content.decode()
    assert name in text and "Student 1" not in text and "Second Grader" in text


# -- figures and files --------------------------------------------------------------------------------------------------
def test_how_well_two_people_agree_is_told_of_enough_answers_and_of_few_only_how_many(world):
    graders = Graders(world)
    attempts = [write(world, learner)[1] for learner in world.learners]
    for attempt in attempts:
        disagree(graders, attempt)
    page = graders.one.client.get(f"/assessprep/sessions/{world.session.uuid}/grade/conflicts/")
    (told,) = page.context["agreement"]
    assert (told["n"], told["apart"], told["kappa"]) == (3, "", "")
    # The same three answers ten times: as if thirty students had written them.
    result = graders.result(attempts[0])
    others = Attempt.objects.bulk_create(
        Attempt(
            session=result.attempt.session,
            placement=result.attempt.placement,
            learner_id=world.learners[0].pk,
            number=number,
            joined_at=world.now,
            submitted_at=world.now,
            status="submitted",
        )
        for number in range(2, 29)
    )
    for number, attempt in enumerate(others):
        row = ItemResult.objects.create(
            attempt=attempt, question=result.question, possible=6, scored_at=world.now, marks_in=2
        )
        for place, person in enumerate((world.staff.pk, graders.result(attempts[0]).round_marks.get(round=2).by_id), 1):
            RoundMark.objects.create(result=row, round=place, by_id=person, points=number % 7, at=world.now)
    page = graders.one.client.get(f"/assessprep/sessions/{world.session.uuid}/grade/conflicts/")
    (told,) = page.context["agreement"]
    assert (told["n"], told["apart"], told["exact"], told["lean"]) == (30, "0.40", "90", "-0.40")
    assert float(told["kappa"]) > 0.5 and "Weighted kappa" in page.content.decode()


def sheet(world: World, by: Page) -> list[list[str]]:
    answer = by.client.get(f"/assessprep/api/v1/sessions/{world.session.uuid}/grades.csv")
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_the_spreadsheet_holds_both_marks_who_gave_them_what_counts_and_how_that_came(world):
    graders = Graders(world)
    agreed, settled, half = (write(world, learner)[1] for learner in world.learners)
    graders.mark(graders.one, half, 5)
    assert "2. First mark" not in sheet(world, graders.two)[0]
    graders.mark(graders.one, agreed, 4), graders.mark(graders.two, agreed, 5)
    disagree(graders, settled)
    head, *rows = sheet(world, graders.two)
    first = head.index("2. First mark")
    assert head[first:] == ["2. First mark", "2. by", "2. Second mark", "2. by", "2. Decided"]
    both = {row[0]: row[first:] for row in rows}
    assert both["Student 1"] == ["4.0", "Staff A", "5.0", "Second Grader", "Mean of both"]
    assert both["Student 2"] == ["6.0", "Staff A", "2.0", "Second Grader", "Conflict"]
    assert both["Student 3"] == [""] * 5
    counts = head.index("2. Essay (6)")
    assert [row[counts] for row in rows] == ["4.5", "", ""]
    graders.settle(graders.three, settled, 3)
    told = next(row for row in sheet(world, graders.two) if row[0] == "Student 2")
    assert (told[counts], told[-1]) == ("3.0", "Settled")


def test_the_spreadsheet_tells_how_long_the_questions_were_looked_at(world):
    _student, attempt = write(world, world.learners[0])
    Attempt.objects.filter(uuid=attempt).update(spent={world.questions[0].item: 40, world.questions[1].item: 80})
    head, *rows = sheet(world, Page(world.staff))
    place = head.index("Time on questions (seconds)")
    assert head[place + 1 : place + 3] == ["1. Time (seconds)", "2. Time (seconds)"]
    assert [row[place : place + 3] for row in rows] == [["120", "40", "80"], [""] * 3, [""] * 3]
    # Of one question it is known, of the other it is not: that is no time of 0 seconds.
    Attempt.objects.filter(uuid=attempt).update(spent={world.questions[1].item: 80})
    assert sheet(world, Page(world.staff))[1][place : place + 3] == ["80", "", "80"]


# -- settings -----------------------------------------------------------------------------------------------------------
def test_of_a_sample_two_people_mark_the_drawn_submissions_and_one_person_the_others():
    world = opened(second_marking="sample", second_sample=30)
    graders = Graders(world)
    drawn, other = (write(world, learner)[1] for learner in world.learners[:2])
    Attempt.objects.filter(uuid=drawn).update(lot=2999)
    Attempt.objects.filter(uuid=other).update(lot=3000)
    assert graders.mark(graders.one, drawn, 4).json()["state"] == "waits"
    assert graders.mark(graders.one, other, 4).json()["state"] == "marked"
    assert graders.one.client.get(f"/assessprep/sessions/{world.session.uuid}/grade/").context["progress"].answers == 1


def change(world: World, **settings: Any) -> None:
    type(world.session).objects.filter(pk=world.session.pk).update(overrides={**world.session.overrides, **settings})


def test_what_one_person_marked_stays_when_a_second_is_asked_for_later():
    world = opened(second_marking="off")
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    assert graders.mark(graders.one, attempt, 4).json()["state"] == "marked"
    change(world, second_marking="all")
    assert graders.result(attempt).earned == 4
    assert graders.mark(graders.two, attempt, 5).json()["state"] == "marked"
    # Taken back, it is marked anew, by two people now.
    graders.mark(graders.two, attempt, None)
    assert graders.mark(graders.two, attempt, 5).json()["state"] == "waits"


def test_switched_off_a_conflict_is_still_settled_and_half_a_pair_is_marked_by_one_person(world):
    graders = Graders(world)
    conflict, half = (write(world, learner)[1] for learner in world.learners[:2])
    disagree(graders, conflict)
    graders.mark(graders.one, half, 4)
    change(world, second_marking="off")
    assert graders.settle(graders.three, conflict, 4).json()["state"] == "settled"
    assert graders.mark(graders.two, half, 5).json()["earned"] == 5


# -- what happens to a submission meanwhile -----------------------------------------------------------------------------
def test_marks_of_what_was_reopened_go_and_those_of_what_was_declared_void_wait(world):
    graders = Graders(world)
    _student, attempt = write(world, world.learners[0])
    disagree(graders, attempt)
    session = f"sessions/{world.session.uuid}"
    reopened = {"attempts": [attempt], "reason": "r", "seconds": 600}
    assert graders.one.call("POST", f"{session}/reopen", reopened).status_code == 200
    row = Attempt.objects.get(uuid=attempt)
    assert row.status == "in_progress" and RoundMark.objects.count() == 0
    assert _student.submit().status_code == 200
    row.refresh_from_db()
    assert (row.to_mark, row.to_second, row.conflicts) == (1, 0, 0)
    # The colleague's words about the first text say nothing about this one, and are not shown before hers.
    assert "All there." not in graders.two.client.get(f"/assessprep/attempts/{attempt}/").content.decode()
    disagree(graders, attempt)
    assert graders.one.call("POST", f"{session}/void", {"attempts": [attempt], "reason": "r"}).status_code == 200
    assert graders.settle(graders.three, attempt, 4).json()["code"] == "voided"
    text = graders.one.client.get(f"/assessprep/{session}/grade/conflicts/").content.decode()
    assert "Student 1" not in text
    assert graders.listed(graders.one, attempt, marking="conflict") == {}


def test_a_score_that_staff_set_in_the_platform_wins_over_both_marks_and_is_undone_to_them(world):
    graders, learner = Graders(world), world.learners[0]
    _student, attempt = write(world, learner)
    graders.mark(graders.one, attempt, 4)
    graders.mark(graders.two, attempt, 5)
    graders.release()
    get_lms().set_score(world.questions[1].usage_key, learner.pk, 6.0)
    assert (graders.result(attempt).earned, graders.result(attempt).way) == (6, "settled")
    assert graders.undo(graders.one, attempt).json()["earned"] == 4.5
    assert graders.stored(learner) == Score(4.5, 6.0)


def test_a_score_that_staff_set_in_the_platform_settles_a_conflict_and_is_undone_to_it(world):
    graders, learner = Graders(world), world.learners[0]
    _student, attempt = write(world, learner)
    disagree(graders, attempt)
    graders.release()
    get_lms().set_score(world.questions[1].usage_key, learner.pk, 5.0)
    result = graders.result(attempt)
    assert (result.earned, result.way, result.machine) == (5, "settled", None)
    assert sheet(world, graders.one)[1][-1] == "Settled"
    # Both marks stand beside it, and whoever grades may still settle otherwise.
    assert [one["points"] for one in graders.read(graders.three, attempt)["marks"]] == [6, 2, 4]
    assert (graders.undo(graders.one, attempt).json()["state"], graders.result(attempt).earned) == ("conflict", None)
    assert graders.settle(graders.three, attempt, 4).json()["earned"] == 4
    assert graders.stored(learner) == Score(4.0, 6.0)


def test_a_dropped_question_is_no_conflict_any_more_and_is_one_again_when_that_is_undone(world):
    graders, (_student, attempt) = Graders(world), write(world, world.learners[0])
    disagree(graders, attempt)
    correction = regrade.apply(world, regrade.publish(world, drop=1), "leave")
    row = Attempt.objects.get(uuid=attempt)
    assert (row.scoring, row.conflicts, row.to_mark) == ("scored", 0, 0)
    assert graders.settle(graders.three, attempt, 4).json()["code"] == "question_dropped"
    assert graders.next(graders.one, "?conflicts=1").endswith("?done=1")
    regrade.undo(world, correction)
    assert graders.listed(graders.one, attempt)["conflicts"] == 1
    assert graders.settle(graders.three, attempt, 4).json()["earned"] == 4


def test_a_new_attempt_is_marked_by_two_people_anew_and_the_old_one_waits_for_nobody(world):
    graders, learner = Graders(world), world.learners[0]
    _student, old = write(world, learner)
    disagree(graders, old)
    renewed = {"attempts": [old], "reason": "A wrong paper."}
    assert graders.one.call("POST", f"sessions/{world.session.uuid}/renew", renewed).status_code == 200
    assert graders.next(graders.three, "?conflicts=1").endswith("?done=1")
    assert graders.settle(graders.three, old, 4).json()["code"] == "voided"
    _student, new = write(world, learner, "Because the Earth draws them.")
    assert new != old and graders.result(new).marks_in == 0
    assert f"/attempts/{new}/" in graders.next(graders.one)
    graders.mark(graders.one, new, 4)
    assert graders.mark(graders.two, new, 4).json()["state"] == "agreed"


def test_what_staff_reset_in_the_platform_waits_for_no_mark(world):
    graders, learner = Graders(world), world.learners[0]
    _student, attempt = write(world, learner)
    disagree(graders, attempt)
    state_deleted(usage_key=world.usage_key, learner_id=learner.pk, by=world.staff.pk, now=timezone.now())
    assert Attempt.objects.get(uuid=attempt).voided
    assert graders.settle(graders.three, attempt, 4).json()["code"] == "voided"
    assert graders.next(graders.one).endswith("?done=1") and graders.next(graders.one, "?conflicts=1").endswith("?done=1")
