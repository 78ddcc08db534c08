"""Ids that somebody made up: whatever stands where a question's key belongs, no question comes out and nothing breaks."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.world import World, delivered

pytestmark = pytest.mark.django_db(transaction=True)

#: Words of the question and of its answers.
WORDS = ("What is a force", "A push or a pull", "choicegroup")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
WIDE = {number: number + 0xFEE0 for number in range(0x21, 0x7F)}


def changes(world: World) -> st.SearchStrategy:
    """One thing done to a key, or to part of it: (what is done) -> text."""
    key = world.questions[0].usage_key
    runs = st.sampled_from(["No+Such+Run", "Riverside+BANK+2026", "Lakeside+SCI7+2026", "northside+sci7+2026", "a+b", "+++"])
    junk = st.text(max_size=8) | st.sampled_from(["\x00", "/", "..", "%", "%00", ";_", ";;", "@", "+", " ", "x" * 3000, "‮"])
    place = st.integers(0, 90)
    prefixes = ["i4x://No/Such/", "lib-block-v1:", "lb:a:b:", "ccx-block-v1:", "aside-usage-v2:", "course-v1:", "c4x://"]
    scripts = st.sampled_from([ARABIC, WIDE]).map(
        lambda table: lambda text: text.replace(key.block_id, key.block_id.translate(table))
    )
    return st.one_of(
        runs.map(lambda run: lambda text: text.replace("Northside+SCI7+2026", run)),
        st.sampled_from([str.upper, str.lower, str.swapcase, str.title]).map(lambda turn: lambda text: turn(text)),
        st.just(lambda text: text.replace(key.block_id, key.block_id.upper())),
        scripts,
        st.sampled_from(prefixes).map(
            lambda prefix: lambda text: text.replace("block-v1:", prefix)
        ),
        st.sampled_from(["branch@published-branch", "branch@draft-branch", "version@" + "a" * 24]).map(
            lambda pinned: lambda text: text.replace("+type@", f"+{pinned}+type@")
        ),
        st.sampled_from(["html", "vertical", "course", "assessprep", "PROBLEM", "x" * 300]).map(
            lambda kind: lambda text: text.replace("type@problem", f"type@{kind}")
        ),
        st.tuples(place, junk).map(lambda given: lambda text: text[: given[0]] + given[1] + text[given[0] :]),
        st.just(lambda text: text.replace("/", ";_").replace(":", ";;")),
        st.just(quote),
        st.integers(1, 60).map(lambda number: lambda text: text[:-number]),
    )  # fmt: skip


def calls(world: World, learner: Client, name: str):
    """Every route that takes a question's key, with this text in its place."""
    run, user = world.school, world.learners[0]
    text = quote(name, safe=":@+;,$!~*'()&=")
    below = f"/courses/{run}/xblock/{text}"
    yield "page", learner.get(f"/xblock/{text}")
    yield "jump_to", learner.get(f"/courses/{run}/jump_to/{text}")
    yield "history", learner.get(f"/courses/{run}/submission_history/{user.username}/{text}")
    for kind in ("handler", "handler_noauth"):
        yield kind, learner.post(f"{below}/{kind}/xmodule_handler/problem_get")
        yield f"{kind} check", learner.post(f"{below}/{kind}/xmodule_handler/problem_check", world.answers(0))
    yield "nobody", Client(raise_request_exception=False).post(f"{below}/handler_noauth/xmodule_handler/problem_show")
    yield "studio", learner.post(f"/studio/preview/xblock/{text}/handler/xmodule_handler/problem_get")
    yield (
        "verify",
        learner.post(f"/assessprep/api/v1/placements/{text}/verify", {"code": "x"}, content_type="application/json"),
    )
    yield "entry", learner.get(f"/assessprep/api/v1/placements/{text}/entry")
    yield "my", learner.get("/assessprep/api/v1/me/attempt", {"placement": name})


def test_no_made_up_key_leads_to_a_question_or_to_an_error(settings_of_the_search):
    cache.clear()
    world = delivered(timezone.now(), learners=1)
    learner, staff = Client(raise_request_exception=False), Client()
    learner.force_login(world.learners[0])
    staff.force_login(world.staff)
    key = str(world.questions[0].usage_key)
    # What is looked for is there for who may see it.
    shown = staff.get(f"/xblock/{key}").content.decode()
    assert [word for word in WORDS if word in shown]
    tried = 0

    @settings_of_the_search
    @given(st.lists(changes(world), max_size=3))
    def search(turns) -> None:
        nonlocal tried
        name = key
        for turn in turns:
            name = turn(name)[:4000]
        for route, answer in calls(world, learner, name):
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            told = body.decode(errors="replace")
            assert not [word for word in WORDS if word in told], (route, name)
            assert answer.status_code < 500, (route, name, answer.status_code)
            assert '"success": "correct"' not in told and '"success": "incorrect"' not in told, (route, name)
        tried += 1

    search()
    assert tried > 20


@pytest.fixture
def settings_of_the_search():
    """The same names each time, so that what passes here passes everywhere."""
    slow = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(
        max_examples=40, deadline=None, database=None, derandomize=True, suppress_health_check=slow, phases=[Phase.generate]
    )
