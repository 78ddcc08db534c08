"""A room in which everybody wrote everything that can be written, and whose pages are looked at by whom."""

from __future__ import annotations

from django.urls import reverse
from organizations.models import Organization

from assessprep_xblock.domain.attempts.models import ItemResult
from assessprep_xblock.domain.grading.models import RoundMark
from devlms import factories
from devlms.models import Cohort, CourseRun, Profile
from tests.addresses import PAGES, ROWS
from tests.hostile import hostile
from tests.scene import Scene
from tests.world import Page

#: Where more than one sort of person is shown a page, each sees something else of it.
READERS = ("staff", "author", "watcher", "learner", "anonymous")
EVERYBODY = (*READERS, "classmate", "handed in", "guest")


def lived_in(scene: Scene) -> Page:
    """Everything that people write is written once, so that there are rows; -> who has handed in."""
    for name, body in {
        "api_session_pause": None,
        "api_session_resume": None,
        "api_session_announce": None,
        "api_session_extend": None,
        "api_session_irregularities": None,
        "api_session_outages": None,
        "api_session_mark_absent": {"learner_ids": [scene.facts["learner_id"]], "reason": "r"},
        "api_accommodation": None,
        "api_assessment": None,
        "api_reveal_names": None,
    }.items():
        method = next(one for one in ROWS[name].may if one not in ("GET", "DELETE"))
        who = "author" if "author" in ROWS[name].may[method] else "staff"
        answer = scene.call(who, method, name, body)
        assert answer.status_code < 300, (name, answer.content)
    done = Page(scene.world.learners[2])
    assert done.verify(scene.world).status_code == 200
    assert done.start().status_code == 200
    written = scene.world.questions[2]
    assert done.save(written.item, scene.world.answers(2, hostile("answer", 1000))).status_code == 200
    assert done.submit().status_code == 200
    address = reverse("assessprep:api_mark", args=[done.state["attempt"], written.item])
    mark = {"points": 1, "criteria": {}, "comment": "c", "reason": "r"}
    for version in ("-", None):
        body = {**mark, "version": version or answer.json()["version"]}
        answer = scene.people["staff"].put(address, body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    result = ItemResult.objects.get(attempt__uuid=done.state["attempt"], question=written)
    # Another answer, as if two people had marked it and disagreed.
    other = ItemResult.objects.filter(attempt=result.attempt).exclude(pk=result.pk).order_by("pk").first()
    ItemResult.objects.filter(pk=other.pk).update(machine=None, earned=None, marks_in=2)
    for number, person in enumerate((scene.world.staff, scene.world.author), start=1):
        RoundMark.objects.create(result=other, round=number, by=person, points=0, comment="c", at=scene.world.now)
    return done


def named(scene: Scene) -> None:
    """What the platform calls people, classes, runs and organizations."""
    factories.make_class(scene.world.school, "7A", scene.world.learners[:1])
    Profile.objects.update(name=hostile("profile name", 255))
    Cohort.objects.update(name=hostile("class name", 255))
    CourseRun.objects.update(name=hostile("run name", 255))
    Organization.objects.update(name=hostile("organization name", 255))


def pages_of(who: str) -> list[str]:
    """The pages that this person sees and nobody before, and those that show everybody something of their own."""
    own = {"course", "rooms", "control_room", "monitor", "guest_entry"}
    if who not in READERS:
        return []
    before = READERS[: READERS.index(who)]
    mine = [name for name in ROWS if name in PAGES and who in ROWS[name].may.get("GET", ())]
    seen = {name for name in mine for one in before if one in ROWS[name].may["GET"]}
    return [name for name in mine if (name not in seen or name in own) and not name.endswith(("_csv", "_xlsx", "_next"))]


def address_of(scene: Scene, name: str, done: Page) -> str:
    """A page of the scene; a submission is that of who has handed in."""
    at = [done.state["attempt"]] if name == "submission" else [scene.facts[one] for one in ROWS[name].at]
    return reverse(f"assessprep:{name}", args=at) + scene.fill(ROWS[name].query).replace("+", "%2B")
