"""Copies that are interrupted, changed, taken to a newer version, or closed to a school; and what stays through it all."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone

from assessprep_xblock.domain.attempts import actions_entry, actions_running
from assessprep_xblock.domain.library import actions, actions_placing, drift, queries
from assessprep_xblock.domain.library.models import PlacedQuestion, Placement
from assessprep_xblock.domain.sessions.lint import lint
from assessprep_xblock.domain.shared.refusals import Refusal
from assessprep_xblock.lms import get_lms
from devlms import factories
from devlms.gateway import DevLms
from tests.domain import district as d
from tests.world import Page

pytestmark = pytest.mark.django_db


class PowerCut(Exception):
    """The process was ended in the middle of its work."""


class CutLms(DevLms):
    """The embedded LMS, whose process dies once before or after the call that ``at`` names."""

    at: str = ""

    def _cut(self, moment):
        if type(self).at == moment:
            type(self).at = ""
            raise PowerCut(moment)

    def copy_version(self, **given):
        self._cut("before copy_version")
        copied = super().copy_version(**given)
        self._cut("after copy_version")
        return copied

    def publish(self, container_key, *, by):
        self._cut("before publish")
        super().publish(container_key, by=by)
        self._cut("after publish")


MOMENTS = ("before copy_version", "after copy_version", "before publish", "after publish")


def shorter(district) -> None:
    """The author takes the first question out and publishes again."""
    tree = factories.ContentTree.load(district.bank_key, factories.DRAFT)
    tree.remove(factories.children_of(district.block)[0].block_id)
    tree.save()
    factories.publish_block(district.block)
    d.publish_version(district, note="One question less")


def on_the_page(placement) -> set[str]:
    """What students would be served of a placement."""
    return {str(key) for key in factories.children_of(placement.usage_key, "published")}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_copy_that_was_cut_off_shows_nobody_half_of_it_and_goes_on_when_asked_again(settings, moment):
    settings.ASSESSPREP_LMS = "tests.domain.test_placing.CutLms"
    district = d.make_district()
    given = {"course_key": district.a.course_key, "assessment_uuid": district.assessment.uuid}
    placement = actions_placing.want_placement(by=district.a.staff.pk, now=d.NOW, **given)
    add = {"placement_uuid": placement.uuid, "by": district.a.staff.pk, "now": d.NOW}
    CutLms.at = moment
    with pytest.raises(PowerCut):
        actions_placing.add_to_course(**add)
    placement.refresh_from_db()
    assert placement.state == "copying"
    served = on_the_page(placement) if moment == "after publish" else set()
    assert served <= {str(key) for key in PlacedQuestion.objects.values_list("usage_key", flat=True)}
    session = d.draft(district, district.a, placement=placement)
    assert [one.code for one in lint(session, d.NOW) if one.severity == "error"] == ["placement_not_ready"]
    ready = actions_placing.add_to_course(**add)
    assert (ready.state, ready.questions.count(), Placement.objects.count()) == ("ready", 3, 1)
    assert len(on_the_page(ready)) == 3


class HalfWayLms(DevLms):
    """The embedded LMS, whose process dies once two questions are copied; what others would read then is kept."""

    read: list[tuple] = []
    die: bool = False

    def copy_version(self, *, told, **given):
        def then(done):
            told(done)
            type(self).read.append(Placement.objects.values_list("state", "n_copied", "n_to_copy", "state_since").get())
            if type(self).die and done == 2:
                type(self).die = False
                raise PowerCut

        return super().copy_version(told=then, **given)


def test_a_copy_says_how_far_it_is_and_goes_on_where_it_was_cut_off(settings):
    settings.ASSESSPREP_LMS = "tests.domain.test_placing.HalfWayLms"
    district = d.make_district()
    staff = Page(district.a.staff)
    calls = f"courses/{district.a.course_key}/placements"
    wanted = staff.call("POST", calls, {"assessment": str(district.assessment.uuid)}).json()
    HalfWayLms.read, HalfWayLms.die = [], True
    begun = timezone.now() - timedelta(minutes=5)
    with pytest.raises(PowerCut):
        actions_placing.add_to_course(placement_uuid=UUID(wanted["uuid"]), by=district.a.staff.pk, now=begun)
    assert [one[:3] for one in HalfWayLms.read] == [("copying", 1, 3), ("copying", 2, 3)]
    # It says when it moved last, too: a long copy that goes on is not taken for an interrupted one.
    first, second = (one[3] for one in HalfWayLms.read)
    assert begun < first < second < begun + timedelta(minutes=2)
    placement = Placement.objects.get()
    assert len(factories.children_of(placement.usage_key)) == 2
    assert get_lms().unit_place(placement.usage_key).published is False
    (shown,) = staff.call("GET", f"{calls}?usage_key={quote(str(placement.usage_key))}").json()["results"]
    assert (shown["state"], shown["copied"]) == ("copying", {"done": 2, "of": 3})
    address = reverse("assessprep:course_assessment", args=[district.a.course_key, district.assessment.uuid])
    page = staff.client.get(address).content.decode()
    assert "interrupted after 2 of 3 questions" in page and "Go on" in page
    HalfWayLms.read = []
    again = staff.call("POST", f"placements/{placement.uuid}/add", {}).json()
    assert (again["state"], again["copied"]) == ("ready", None)
    assert [one[1] for one in HalfWayLms.read] == [1, 2, 3]
    assert len(on_the_page(placement)) == placement.questions.count() == 3
    other = Page(district.b.staff).call("GET", calls)
    assert other.status_code == 404


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_version_change_that_was_cut_off_leaves_no_question_unguarded_and_nobody_starts(settings, moment):
    settings.ASSESSPREP_LMS = "tests.domain.test_placing.CutLms"
    district = d.make_district()
    placement = d.place(district, district.a)
    session = d.published(district, district.a, placement=placement)
    shorter(district)
    take = {
        "placement_uuid": placement.uuid,
        "version_uuid": district.assessment.current_version.uuid,
        "by": district.a.staff.pk,
        "now": d.NOW,
    }
    CutLms.at = moment
    with pytest.raises(PowerCut):
        actions_placing.take_version(**take)
    assert on_the_page(placement) <= {str(key) for key in PlacedQuestion.objects.values_list("usage_key", flat=True)}
    learner = district.a.learners[0]
    seen = actions_entry.verify_code(usage_key=placement.usage_key, learner_id=learner.pk, code=session.live_code, now=d.NOW)
    with pytest.raises(Refusal, match="being_prepared"):
        actions_running.start(attempt_uuid=seen.attempt.uuid, by=learner.pk, now=d.NOW)
    ready = actions_placing.add_to_course(placement_uuid=placement.uuid, by=district.a.staff.pk, now=d.NOW)
    assert (ready.state, ready.questions.count(), len(on_the_page(ready))) == ("ready", 2, 2)
    actions_running.start(attempt_uuid=seen.attempt.uuid, by=learner.pk, now=d.NOW)


def test_a_placement_that_students_have_begun_keeps_its_version():
    district = d.make_district()
    session = d.published(district, district.a)
    placement = session.placement
    shorter(district)
    learner = district.a.learners[0]
    actions_entry.verify_code(usage_key=placement.usage_key, learner_id=learner.pk, code=session.live_code, now=d.NOW)
    version = district.assessment.current_version
    take = {"placement_uuid": placement.uuid, "version_uuid": version.uuid, "by": district.a.staff.pk, "now": d.NOW}
    with pytest.raises(Refusal, match="placement_in_use"):
        actions_placing.take_version(**take)
    placement.refresh_from_db()
    assert (placement.version.number, placement.state, placement.questions.count()) == (1, "ready", 3)
    with pytest.raises(Refusal, match="not_found"):
        actions_placing.take_version(**{**take, "by": district.b.staff.pk})


def test_a_change_to_a_copied_question_is_found_when_it_is_published_and_restoring_mends_it(
    django_capture_on_commit_callbacks,
):
    district = d.make_district()
    placement = d.place(district, district.a)
    question = factories.children_of(placement.usage_key)[1]
    factories.edit_block(question, display_name="Easier", data="<problem><p>Skip this one.</p></problem>")
    with django_capture_on_commit_callbacks(execute=True):
        factories.publish_block(placement.usage_key)
    placement.refresh_from_db()
    assert placement.state == "drifted"
    assert {one["question"] for one in placement.drift} == {"Average speed"}
    assert "content" in {one["what"] for one in placement.drift}
    draft = d.draft(district, district.a, placement=placement)
    assert "drifted" in [one.code for one in lint(draft, d.NOW) if one.severity == "error"]
    restored = actions_placing.add_to_course(placement_uuid=placement.uuid, by=district.a.staff.pk, now=d.NOW)
    assert (restored.state, restored.drift) == ("ready", [])


def test_a_school_that_undoes_its_change_has_drifted_no_more():
    district = d.make_district()
    placement = d.place(district, district.a)
    question = factories.children_of(placement.usage_key)[1]
    check = {"placement_uuid": placement.uuid, "by": district.a.staff.pk, "now": d.NOW}
    for attempts_allowed, state in ((99, "drifted"), (None, "ready")):
        factories.edit_block(question, max_attempts=attempts_allowed)
        factories.publish_block(placement.usage_key)
        assert actions_placing.check_placement(**check).state == state


@pytest.mark.parametrize(
    ("published", "copied"),
    [
        ('<assessprep_written prompt="Why?" rubric="2 | Clear"/>', '<assessprep_written prompt="Who?" rubric="2 | Clear"/>'),
        ('<assessprep_written prompt="Why?" rubric="2 | Clear"/>', '<assessprep_written prompt="Why?" rubric="9 | Clear"/>'),
        ('<drag-and-drop-v2 data="{1}"/>', '<drag-and-drop-v2 data="{2}"/>'),
        ("<problem><p>a</p></problem>", "<problem><p>b</p></problem>"),
        ('<video youtube_id_1_0="a"/>', '<video youtube_id_1_0="b"/>'),
    ],
)
def test_what_a_block_asks_is_compared_wherever_it_keeps_it(published, copied):
    assert drift.content(published) != drift.content(copied)
    named = published.replace(" ", ' display_name="Other" ', 1)
    assert drift.content(named) == drift.content(published)


def test_a_unit_that_was_deleted_is_made_again_while_nobody_has_worked_in_it():
    district = d.make_district()
    placement = d.place(district, district.a)
    for branch in ("draft", "published"):
        tree = factories.ContentTree.load(district.a.course_key, branch)
        tree.remove(tree.unit_of(placement.usage_key.block_id).block_id)
        tree.save()
    check = {"placement_uuid": placement.uuid, "by": district.a.staff.pk, "now": d.NOW}
    assert actions_placing.check_placement(**check).drift == [{"question": "", "what": "gone"}]
    again = actions_placing.add_to_course(**check)
    assert again.state == "ready" and again.usage_key != placement.usage_key
    assert again.questions.count() == 3


def test_a_school_is_stopped_and_its_running_sessions_finish_while_another_goes_on():
    district = d.make_district()
    running = d.published(district, district.a)
    waiting = d.draft(district, district.a, placement=running.placement)
    stop = {"bank_uuid": district.bank.uuid, "organization": "SchoolA", "by": district.author.pk, "now": d.NOW}
    actions.set_availability(opens_at=None, closes_at=None, stopped=True, **stop)
    assert "bank_closed" in [one.code for one in lint(waiting, d.NOW)]
    assert "bank_closed" not in [one.code for one in lint(running, d.NOW)]
    with pytest.raises(Refusal, match="bank_closed"):
        d.draft(district, district.a, placement=running.placement)
    learner = district.a.learners[0]
    key = running.placement.usage_key
    seen = actions_entry.verify_code(usage_key=key, learner_id=learner.pk, code=running.live_code, now=d.NOW)
    assert actions_running.start(attempt_uuid=seen.attempt.uuid, by=learner.pk, now=d.NOW).attempt.status == "in_progress"
    assert d.published(district, district.b).live_code
    actions.set_availability(opens_at=None, closes_at=None, stopped=False, **stop)
    assert d.draft(district, district.a, placement=running.placement)


def test_a_window_opens_and_closes_a_bank_for_one_school():
    district = d.make_district()
    hour = timedelta(hours=1)
    given = {"bank_uuid": district.bank.uuid, "organization": "SchoolA", "by": district.author.pk, "now": d.NOW}
    actions.set_availability(opens_at=d.NOW + hour, closes_at=d.NOW + 2 * hour, stopped=False, **given)
    offered = [len(queries.versions_open_to("SchoolA", d.NOW + part * hour / 2)) for part in (0, 2, 3, 4)]
    assert offered == [0, 1, 1, 0]
    assert len(queries.versions_open_to("SchoolB", d.NOW)) == 1
    with pytest.raises(Refusal) as caught:
        actions.set_availability(opens_at=d.NOW + hour, closes_at=d.NOW, stopped=False, **given)
    assert caught.value.facts["field"] == "closes_at"
    with pytest.raises(Refusal, match="invalid"):
        actions.set_availability(opens_at=None, closes_at=None, stopped=True, **{**given, "organization": "Nowhere"})


def test_switching_a_bank_off_stops_every_school_and_unsharing_one_too():
    district = d.make_district()
    running = d.published(district, district.a)
    for changes in ({"sessions_enabled": False}, {"sessions_enabled": True, "shared_with_all": False}):
        actions.change_bank(bank_uuid=district.bank.uuid, changes=changes, by=district.author.pk, now=d.NOW)
        with pytest.raises(Refusal, match="bank_closed"):
            d.draft(district, district.a, placement=running.placement)
