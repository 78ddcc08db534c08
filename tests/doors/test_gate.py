"""The gate over HTTP, on every route a question has, with real problem blocks. Its table: tests/domain/test_access.py."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from opaque_keys.edx.asides import AsideUsageKeyV2
from opaque_keys.edx.keys import CourseKey, UsageKey

from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.library import guards
from assessprep_xblock.domain.library.models import PlacedQuestion
from assessprep_xblock.domain.monitoring import actions as monitoring
from devlms import factories
from devlms.models import StudentModule
from devlms.runtime import DevRuntime
from tests.doors.broken_cache import BrokenCache
from tests.world import Page, World, delivered


def token_of(user: Any, **claims: Any) -> dict[str, str]:
    """What a program sends that acts for this account; nothing without one."""
    if user is None:
        return {}
    now = int(time.time())
    names = {"preferred_username": user.username, "email": user.email, "administrator": user.is_staff}
    issuer = {"iss": django_settings.JWT_AUTH["JWT_ISSUER"], "aud": django_settings.JWT_AUTH["JWT_AUDIENCE"]}
    payload = {"version": "1.1.0", "sub": "-", "iat": now, "exp": now + 600, **issuer, **names, **claims}
    token = jwt.encode(payload, django_settings.JWT_AUTH["JWT_SECRET_KEY"], algorithm="HS256")
    return {"authorization": f"JWT {token}"}


# -- over HTTP ----------------------------------------------------------------------------------------------------------
class Visitor:
    """Somebody with a browser and a question's address, trying every door."""

    def __init__(self, world: World, user: Any = None, *, position: int = 0) -> None:
        self.world, self.user = world, user
        self.key = world.questions[position].usage_key
        self.client = Client()
        if user is not None:
            self.client.force_login(user)
        self.name = user.username if user else "nobody"
        self.user_id = user.pk if user else 1
        self.answers = {factories.input_name(self.key): "choice_0"}

    def handler(self, suffix: str, kind: str = "handler", **data: Any):
        """A handler of the question, by one of the platform's two routes."""
        url = f"/courses/{self.key.course_key}/xblock/{self.key}/{kind}/xmodule_handler/{suffix}"
        return self.client.post(url, data or self.answers)

    def program(self, suffix: str):
        """The same by a program that brings a token of this learner, and no session."""
        url = f"/courses/{self.key.course_key}/xblock/{self.key}/handler/xmodule_handler/{suffix}"
        return Client().post(url, self.answers, headers=token_of(self.user))

    def queue(self, dispatch: str):
        """The route on which external graders answer."""
        url = f"/courses/{self.key.course_key}/xqueue/{self.user_id}/{self.key}/{dispatch}"
        header = json.dumps({"lms_key": "queue_1", "submission_id": 1})
        return self.client.post(url, {"xqueue_header": header, "xqueue_body": "{}"})

    def studio(self, kind: str, suffix: str):
        """A handler by one of Studio's two routes."""
        middle = "preview/xblock" if kind == "preview" else "xblock"
        return self.client.post(f"/studio/{middle}/{self.key}/handler/xmodule_handler/{suffix}", self.answers)

    def page(self, **headers: str):
        """The question as a page of its own."""
        return self.client.get(f"/xblock/{self.key}", headers=headers or None)

    def history(self):
        """One's own submission history of the question."""
        return self.client.get(f"/courses/{self.key.course_key}/submission_history/{self.name}/{self.key}")

    def open_doors(self) -> set[str]:
        """Which of all touches went through."""
        tried = {
            "page": _passed_page(self.page()),
            "jump_to": self.client.get(f"/courses/{self.key.course_key}/jump_to/{self.key}").status_code != 403,
            "history": self.history().status_code != 403,
            "get": _passed(self.handler("problem_get")),
            "get noauth": _passed(self.handler("problem_get", "handler_noauth")),
            "get token": _passed(self.program("problem_get")),
            "input_ajax": _passed(self.handler("input_ajax")),
            "show": _passed(self.handler("problem_show")),
            "save": _passed(self.handler("problem_save")),
            "check": _passed(self.handler("problem_check")),
            "check noauth": _passed(self.handler("problem_check", "handler_noauth")),
            "check token": _passed(self.program("problem_check")),
            "reset": _passed(self.handler("problem_reset")),
            "unknown": _passed(self.handler("problem_other")),
            "queue reset": self.queue("problem_reset").status_code != 403,
            "queue show": self.queue("problem_show").status_code != 403,
            "studio get": _passed(self.studio("preview", "problem_get")),
            "studio check": _passed(self.studio("component", "problem_check")),
        }
        return {door for door, passed in tried.items() if passed}


SENTENCES = (
    "not open to you now",
    "when you hand in the whole test",
    "is paused",
    "no longer open for answers",
    "already handed in",
    "does not answer just now",
)


def _passed(answer) -> bool:
    """Whether the question itself answered: neither a 403 nor the sentence that capa's script shows."""
    text = answer.content.decode()
    if answer.status_code != 200 and answer.status_code != 500:
        return False
    return not any(sentence in text for sentence in SENTENCES)


def _passed_page(answer) -> bool:
    return answer.status_code == 200


PAGES = {"page", "jump_to", "history"}
READS = {"get", "get noauth", "get token", "input_ajax"}
WRITES = {"save", "check", "check noauth", "check token", "reset", "unknown"}
STUDIO = {"studio get", "studio check"}


def _world(**settings: Any) -> World:
    cache.clear()
    return delivered(timezone.now(), **settings)


def _working(world: World) -> Page:
    page = Page(world.learners[0])
    assert page.verify(world).status_code == 200
    assert page.start().status_code == 200
    return page


def _submitted(world: World) -> Any:
    page = _working(world)
    page.save(world.questions[0].item, world.answers(0))
    assert page.submit().status_code == 200
    return world.learners[0]


def anonymous():
    return _world(), None


def not_enrolled():
    world = _world()
    _working(world)
    factories.unenrol(world.learners[0], world.school)
    return world, world.learners[0]


def stranger():
    world = _world()
    return world, factories.make_user("stranger")


def no_attempt():
    world = _world()
    return world, world.learners[0]


def joined():
    world = _world()
    Page(world.learners[0]).verify(world)
    return world, world.learners[0]


def in_progress():
    world = _world()
    _working(world)
    return world, world.learners[0]


def another_is_in_progress():
    world = _world()
    _working(world)
    return world, world.learners[1]


def practising():
    world = _world(checking="as_you_go")
    _working(world)
    return world, world.learners[0]


def held():
    world = _world()
    _working(world)
    monitoring.pause(session_id=world.session.pk, attempts="all", by=world.staff.pk, now=timezone.now(), reason="")
    return world, world.learners[0]


def held_practising():
    world = _world(checking="as_you_go")
    _working(world)
    monitoring.pause(session_id=world.session.pk, attempts="all", by=world.staff.pk, now=timezone.now(), reason="")
    return world, world.learners[0]


def ended():
    world = _world(network_grace_s=0)
    _working(world)
    monitoring.end(session_id=world.session.pk, attempts="all", by=world.staff.pk, now=timezone.now(), reason="")
    return world, world.learners[0]


def time_is_over():
    """Nobody settled it: the row still says in progress."""
    world = _world(duration_s=60)
    page = _working(world)
    Attempt.objects.filter(uuid=page.state["attempt"]).update(due_us=1)
    return world, world.learners[0]


def submitted_unreleased():
    world = _world(release="manual", show_answers=True)
    return world, _submitted(world)


def submitted_released():
    world = _world(release="on_submit", show_answers=False)
    return world, _submitted(world)


def submitted_with_answers():
    world = _world(release="on_submit", show_answers=True)
    return world, _submitted(world)


def other_staff():
    world = _world()
    other = factories.make_course_run("course-v1:Southside+SCI7+2026", "Science 7")
    return world, factories.make_staff(other, "staff-b")


def bank_author():
    world = _world()
    return world, world.author


def own_staff():
    world = _world()
    return world, world.staff


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("who", "doors"),
    [
        (anonymous, set()),
        (stranger, set()),
        (not_enrolled, set()),
        (no_attempt, set()),
        (joined, set()),
        (in_progress, PAGES | READS),
        (another_is_in_progress, set()),
        (practising, PAGES | READS | WRITES | {"show"}),
        (held, set()),
        (held_practising, set()),
        (ended, set()),
        (time_is_over, set()),
        (submitted_unreleased, set()),
        (submitted_released, set()),
        (submitted_with_answers, PAGES | READS | {"show"}),
        (other_staff, set()),
        (bank_author, set()),
        (own_staff, PAGES | READS | WRITES | STUDIO | {"show"}),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_every_route_of_a_question_follows_the_table(who, doors):
    world, user = who()
    visitor = Visitor(world, user)
    assert visitor.open_doors() == doors
    if not doors & WRITES and not who.__name__.startswith("submitted"):
        assert not StudentModule.objects.filter(usage_key=visitor.key, grade__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_staff_who_view_the_course_as_a_student_are_students():
    world, staff = own_staff()
    visitor = Visitor(world, staff)
    visitor.client.post(f"/courses/{world.school}/masquerade", {"role": "student"})
    # A view as a student lives in the browser's session: a program with the teacher's token is the teacher.
    assert visitor.open_doors() == STUDIO | {"get token", "check token"}


@pytest.mark.django_db(transaction=True)
def test_a_token_speaks_for_whom_it_names_and_never_for_the_browser_it_came_with():
    world, student = in_progress()
    staff, nobody_s = Visitor(world, world.staff), Visitor(world)
    url = f"/courses/{world.school}/xblock/{staff.key}/handler/xmodule_handler/problem_get"
    # A learner's token out of a teacher's browser asks as the learner, and a teacher's out of a learner's as the teacher.
    for browser, named, passes in (
        (staff, world.learners[1], False),
        (staff, student, True),
        (Visitor(world, world.learners[1]), world.staff, True),
        (nobody_s, world.learners[1], False),
    ):
        assert _passed(browser.client.post(url, headers=token_of(named))) is passes, (browser.name, named.username)
    for forged in (token_of(student, exp=1), token_of(student, aud="another"), {"authorization": "JWT x.y.z"}):
        assert nobody_s.client.post(url, headers=forged).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_question_of_a_bank_belongs_to_its_authors_alone():
    world = _world()
    source = factories.children_of(_source(world))[0]
    for user, doors in ((world.staff, False), (world.learners[0], False), (world.author, True)):
        visitor = Visitor(world, user)
        visitor.key = source
        assert _passed_page(visitor.page()) is doors
        assert _passed(visitor.handler("problem_get")) is doors
        assert _passed(visitor.handler("problem_show")) is doors
        assert _passed(visitor.studio("preview", "problem_check")) is doors


@pytest.mark.django_db(transaction=True)
def test_a_draft_question_of_a_bank_is_closed_in_studio_before_it_was_ever_published():
    world = _world()
    fresh = factories.make_block(_source(world), factories.choice_olx("Brand new"))
    for user, doors in ((world.learners[0], False), (world.author, True)):
        visitor = Visitor(world, user)
        visitor.key = fresh
        assert _passed(visitor.studio("preview", "problem_get")) is doors
        assert _passed(visitor.studio("component", "problem_check")) is doors


def _source(world: World):
    return world.placement.version.assessment.usage_key


@pytest.mark.django_db(transaction=True)
def test_a_grader_may_bring_a_score_and_nothing_else():
    world, user = in_progress()
    visitor = Visitor(world, user)
    visitor.client.raise_request_exception = False
    assert visitor.queue("score_update").status_code != 403
    assert visitor.queue("problem_check").status_code == 403
    visitor.client.logout()
    assert visitor.queue("problem_reset").status_code == 403


DRAG = '<drag-and-drop-v2 display_name="Sort it"/>'


@pytest.mark.django_db(transaction=True)
def test_a_question_that_keeps_its_own_state_writes_while_the_test_runs_and_never_else():
    world = _world(olx=[factories.choice_olx(), DRAG])
    question = world.questions[1]
    assert not question.drafts
    student = world.learners[0]

    def drop():
        client = Client()
        client.force_login(student)
        url = f"/courses/{world.school}/xblock/{question.usage_key}/handler/drop_item"
        body = {"val": 0, "zone": "top", "y_percent": 0, "x_percent": 0}
        return client.post(url, json.dumps(body), content_type="application/json").status_code

    assert drop() == 403
    page = Page(student)
    page.verify(world)
    assert drop() == 403
    page.start()
    assert drop() == 200
    monitoring.pause(session_id=world.session.pk, attempts="all", by=world.staff.pk, now=timezone.now(), reason="")
    assert drop() == 403
    monitoring.resume(session_id=world.session.pk, attempts="all", by=world.staff.pk, now=timezone.now(), reason="")
    assert drop() == 200
    page.submit()
    assert drop() == 403


@pytest.mark.django_db(transaction=True)
def test_an_aside_of_a_guarded_question_is_a_page_of_it():
    world, user = joined()
    visitor = Visitor(world, user)
    aside = AsideUsageKeyV2(visitor.key, "notes")
    answer = visitor.client.post(f"/courses/{world.school}/xblock/{aside}/handler/anything")
    assert answer.status_code == 403


ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def forged(key) -> dict[str, str]:
    """Names under which the platform's views find a question when the address names its run beside them."""
    return {
        "another run": str(CourseKey.from_string("course-v1:No+Such+Run").make_usage_key(key.block_type, key.block_id)),
        "an old store": f"i4x://No/Such/{key.block_type}/{key.block_id}",
        "quoted": f"i4x:;_;_No;_Such;_{key.block_type};_{key.block_id}",
        "a library": f"lib-block-v1:No+Such+type@{key.block_type}+block@{key.block_id}",
        "a branch": str(key.map_into_course(key.course_key.for_branch("published-branch"))),
        # A MariaDB with its usual collation takes each of these for the same key.
        "another case": f"{str(key).removesuffix(key.block_id)}{key.block_id.upper()}",
        "the type in another case": str(key).replace("type@problem", "type@Problem"),
        "the run in another case": str(key).replace("Northside", "NORTHSIDE"),
        "wide letters": str(key).replace(key.block_id, "".join(chr(ord(ch) + 0xFEE0) for ch in key.block_id)),
        "digits of another script": str(key).replace(key.block_id, key.block_id.translate(ARABIC)),
        "a custom course": str(key).replace("block-v1:", "ccx-block-v1:").replace("+type@", "+ccx@1+type@"),
    }


@pytest.mark.django_db(transaction=True)
def test_a_question_under_the_name_of_another_run_is_the_same_question():
    cache.clear()
    world = delivered(timezone.now())
    student = _submitted(world)
    visitor = Visitor(world, student)
    state = StudentModule.objects.get(student=student, usage_key=visitor.key)
    assert visitor.history().status_code == 403
    for name, text in forged(visitor.key).items():
        history = f"/courses/{world.school}/submission_history/{student.username}/{text}"
        assert visitor.client.get(history).status_code in (403, 404), name
        body = {"xqueue_header": json.dumps({"lms_key": "queue_1"}), "xqueue_body": "{}"}
        queued = Client().post(f"/courses/{world.school}/xqueue/{student.pk}/{text}/problem_reset", body)
        assert queued.status_code in (403, 404), name
        for kind in ("handler", "handler_noauth"):
            url = f"/courses/{world.school}/xblock/{text}/{kind}/xmodule_handler/problem_get"
            assert not _passed(visitor.client.post(url)), name
    state.refresh_from_db()
    assert state.grade == 1.0


def test_content_shown_under_a_custom_course_is_the_run_s():
    run = CourseKey.from_string("course-v1:Northside+SCI7+2026")
    custom = CourseKey.from_string("ccx-v1:Northside+SCI7+2026+ccx@1")
    assert guards.plain(custom.make_usage_key("problem", "a1")) == str(run.make_usage_key("problem", "a1"))
    pinned = custom.for_branch("published-branch")
    assert guards.plain(pinned.make_usage_key("problem", "a1")) == str(run.make_usage_key("problem", "a1"))


# -- refusals, as those who meet them read them --------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_capa_is_refused_in_the_shapes_that_its_script_shows():
    world, user = in_progress()
    visitor = Visitor(world, user)
    check, save = visitor.handler("problem_check"), visitor.handler("problem_save")
    assert check.status_code == save.status_code == 200
    assert check.json() == {"success": "Your answers are checked when you hand in the whole test."}
    assert save.json() == {"success": False, "msg": "Your answers are checked when you hand in the whole test."}


@pytest.mark.django_db(transaction=True)
def test_a_page_is_refused_in_html_to_a_reader_and_in_json_to_a_program():
    world, user = no_attempt()
    visitor = Visitor(world, user)
    page, data = visitor.page(accept="text/html"), visitor.page(accept="application/json")
    assert page.status_code == data.status_code == 403
    assert "This question is not open to you now." in page.content.decode()
    assert data.json() == {"code": "question_closed", "message": "This question is not open to you now."}
    assert "What is a force" not in page.content.decode()


# -- what is not guarded --------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_problems_that_belong_to_no_assessment_are_untouched():
    world = _world()
    unit = factories.make_unit(world.school, "Practice")
    free = factories.make_block(unit, factories.choice_olx("Free"), publish=True)
    visitor = Visitor(world, world.learners[0])
    visitor.key, visitor.answers = free, {factories.input_name(free): "choice_0"}
    assert _passed_page(visitor.page())
    assert visitor.handler("problem_check").json()["success"] == "correct"
    assert visitor.handler("problem_get", "handler_noauth").status_code == 200


def _other_course():
    key = factories.make_course_run("course-v1:Elsewhere+ART+2026", "Art")
    free = factories.make_block(factories.make_unit(key), factories.choice_olx(), publish=True)
    return key, free


@pytest.mark.django_db(transaction=True)
def test_a_course_without_placements_costs_one_look_into_the_cache():
    cache.clear()
    _key, free = _other_course()
    with CaptureQueriesContext(connection) as first:
        assert guards.guards_in(free.course_key).kind(free) is None
    with CaptureQueriesContext(connection) as second:
        assert guards.guards_in(free.course_key).kind(free) is None
    assert len(first) == 3
    assert len(second) == 0


@pytest.mark.django_db(transaction=True)
def test_the_gate_adds_no_query_to_a_handler_of_an_unguarded_course():
    cache.clear()
    key, free = _other_course()
    client = Client()
    client.force_login(factories.make_learner(key, "eve"))
    url = f"/courses/{key}/xblock/{free}/handler/xmodule_handler/problem_get"
    client.post(url)
    with CaptureQueriesContext(connection) as captured:
        client.post(url)
    assert not [query for query in captured.captured_queries if "assessprep_" in query["sql"]]


@pytest.mark.django_db(transaction=True)
def test_the_gate_reads_one_row_of_ours_for_a_guarded_question():
    world, user = in_progress()
    visitor = Visitor(world, user)
    visitor.handler("problem_get")
    with CaptureQueriesContext(connection) as captured:
        visitor.handler("problem_get")
    assert len([query for query in captured.captured_queries if "assessprep_" in query["sql"]]) == 1


# -- when something is broken -----------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_without_a_cache_the_tables_answer(settings):
    world, user = in_progress()
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    settings.CACHES = {"default": {"BACKEND": "tests.doors.broken_cache.BrokenCache"}}
    visitor = Visitor(world, user)
    assert guards.guards_in(world.school).kind(visitor.key) == guards.DRAFTS
    assert _passed(visitor.handler("problem_get"))
    assert not _passed(visitor.handler("problem_check"))
    assert not _passed_page(Visitor(world, world.learners[1]).page())


@pytest.mark.django_db(transaction=True)
def test_a_cache_that_is_down_is_not_knocked_at_for_every_question(settings):
    world, _user = in_progress()
    settings.CACHES = {"default": {"BACKEND": "tests.doors.broken_cache.BrokenCache"}}
    before = BrokenCache.calls
    for _ in range(50):
        assert guards.guards_in(world.school).questions
    # Once, or a few times on a machine that stands still for seconds; not a hundred times.
    assert 1 <= BrokenCache.calls - before < 25


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_found_out_is_refused():
    """The table of placed questions is away, as after an upgrade whose migration was forgotten."""
    world, user = own_staff()
    visitor = Visitor(world, user)
    table = PlacedQuestion._meta.db_table
    cache.clear()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
    try:
        page = visitor.page()
        # Not a decision: a page of a student tries again by itself, and nobody is told that the question is closed.
        assert (page.status_code, page.json()["code"]) == (503, "unavailable")
        assert not _passed(visitor.handler("problem_get"))
        assert not _passed(visitor.studio("preview", "problem_get"))
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table}_away RENAME TO {table}")
    assert _passed_page(visitor.page())


# -- how it is put in -------------------------------------------------------------------------------------------------------
def test_the_mixin_is_in_the_lms_once_and_not_in_studio():
    name = "assessprep_xblock.gate.GateMixin"
    assert list(django_settings.XBLOCK_MIXINS).count(name) == 1
    assert name not in django_settings.STUDIO_XBLOCK_MIXINS
    assert django_settings.MIDDLEWARE.count("assessprep_xblock.gate.GateMiddleware") == 1
    assert django_settings.MIDDLEWARE.count("assessprep_xblock.gate.StudioGateMiddleware") == 1


@pytest.mark.django_db(transaction=True)
def test_a_real_problem_asks_the_gate_before_its_own_handle():
    world, user = no_attempt()
    block = DevRuntime(world.school, user).get_block(world.questions[0].usage_key)
    owner = next(one for one in type(block).__mro__ if "handle" in vars(one))
    assert f"{owner.__module__}.{owner.__qualname__}" == "assessprep_xblock.gate.GateMixin"


def test_keys_of_every_kind_are_read_and_those_of_libraries_are_no_business_of_ours():
    library = UsageKey.from_string("lb:Northside:SCI:problem:abc")
    assert guards.guards_in(library.context_key).kind(library) is None
    draft = UsageKey.from_string("block-v1:Northside+SCI7+2026+branch@draft-branch+type@problem+block@x")
    assert guards.plain(draft) == "block-v1:Northside+SCI7+2026+type@problem+block@x"
