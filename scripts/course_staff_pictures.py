"""Takes the pictures of docs/course-staff.md: the demo district, seen in a Chromium.

``.venv/bin/python scripts/course_staff_pictures.py`` takes all of them again (``PORT=8766`` for another port).

Everything happens in a folder of its own, which goes afterwards: a database, the embedded LMS on 127.0.0.1, a school that
prepares a session, a room in the middle of its test, and a class that was marked.
"""

from __future__ import annotations

import contextlib
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
WIDTH = 1000
TALLEST = 760
#: Between two parts of one picture.
GAP = 12
PORT = int(os.environ.get("PORT", "8765"))
SITE = f"http://127.0.0.1:{PORT}"
#: What each question's form posts where it is answered right and wrong, by place; each part is a field of its own.
ANSWERS: dict[int, list[tuple[Any, Any]]] = {
    0: [("choice_2", "choice_1")],
    1: [("choice_0", "choice_1")],
    2: [(["choice_0", "choice_2", "choice_4"], ["choice_0", "choice_1"])],
    3: [(["choice_1", "choice_3"], ["choice_1"])],
    4: [("evaporation", "melting")],
    5: [("a compound", "a mixture")],
    6: [("2.5", "0.4")],
    7: [("15", "48")],
    8: [("photosynthesis", "breathing")],
    9: [("joule", "watt")],
    10: [("100", "90"), ("choice_1", "choice_0")],
    11: [("choice_1", "choice_0")],
}


def place_the_assessment(now: datetime) -> Any:
    """The author publishes, school A adds the version to its course."""
    from opaque_keys.edx.keys import CourseKey

    from assessprep_xblock.domain.library import actions as library
    from assessprep_xblock.domain.library import actions_placing as placing
    from devlms.content import DRAFT, ContentTree
    from devlms.demo import district

    author, staff = account("author"), account("staff-a")
    run = CourseKey.from_string(district.BANK)
    tree = ContentTree.load(run, DRAFT)
    (block,) = [node.block_id for node in tree.nodes.values() if node.block_type == "assessprep"]
    bank = library.create_bank(
        course_key=run, title=district.BANK_NAME, shared_with_all=True, shared_with=[], by=author, now=now
    )
    assessment = library.add_assessment(bank_uuid=bank.uuid, usage_key=tree.usage_key(block), by=author, now=now)
    library.publish_version(assessment_uuid=assessment.uuid, release_note="For the autumn term.", by=author, now=now)
    school = CourseKey.from_string(district.SCHOOLS[0].course)
    placement = placing.want_placement(course_key=school, assessment_uuid=assessment.uuid, by=staff, now=now)
    return placing.add_to_course(placement_uuid=placement.uuid, by=staff, now=now)


def account(username: str) -> int:
    """Somebody's id."""
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(username=username).pk


def open_session(placement: Any, name: str, school_class: str, now: datetime, **settings: Any) -> Any:
    """A published session for one class."""
    from assessprep_xblock.domain.sessions import actions, actions_life
    from devlms.models import Cohort

    cohort = Cohort.objects.get(course_key=placement.course_key, name=school_class)
    staff = account("staff-a")
    made = actions.create_session(
        placement_uuid=placement.uuid, name=name, settings=settings, roster={"classes": [cohort.pk]}, request_id=None,
        by=staff, now=now,
    )  # fmt: skip
    return actions_life.publish_session(session_uuid=made.uuid, by=staff, now=now)


def students(school_class: int) -> list[int]:
    """The ids of a class, in the order of their user names."""
    return [account(f"student-a-{number:02}") for number in range(school_class * 22 + 1, school_class * 22 + 23)]


def take(session: Any, learner: int, now: datetime, answered: int, skill: float, luck: random.Random) -> Any:
    """One student types the code, starts, and answers that many questions as well as she can."""
    from assessprep_xblock.domain.attempts import actions_answers, actions_entry, actions_running
    from devlms import factories

    key = session.placement.usage_key
    attempt = actions_entry.verify_code(usage_key=key, learner_id=learner, code=session.live_code, now=now).attempt
    actions_running.start(attempt_uuid=attempt.uuid, by=learner, now=now)
    for place, question in enumerate(session.placement.questions.order_by("position")[:answered]):
        if place not in ANSWERS:
            continue
        values = {
            factories.input_name(question.usage_key, part, many=isinstance(right, list)): right
            if luck.random() < skill
            else wrong
            for part, (right, wrong) in enumerate(ANSWERS[place], 1)
        }
        actions_answers.save_answer(
            attempt_uuid=attempt.uuid, by=learner, item=question.item, values=values, revision=1, written_at=None, now=now
        )
    return attempt


def a_room_in_the_middle(session: Any, now: datetime) -> None:
    """Students of every status; one paused, one with more time, one silent, one on a second device, an announcement."""
    from assessprep_xblock.domain.attempts import actions_entry, actions_running
    from assessprep_xblock.domain.attempts.models import Attempt
    from assessprep_xblock.domain.monitoring import actions, actions_time

    luck, people = random.Random(7), students(0)
    attempts = [
        take(session, learner, now - timedelta(minutes=9), 3 + place % 8, 0.7, luck)
        for place, learner in enumerate(people[:14])
    ]
    for learner in people[14:16]:
        actions_entry.verify_code(usage_key=session.placement.usage_key, learner_id=learner, code=session.live_code, now=now)
    actions_running.submit(attempt_uuid=attempts[0].uuid, by=people[0], now=now)
    rows = Attempt.objects.filter(session=session)
    # Everybody's page was heard of just now, and goes on being for as long as the picture takes.
    rows.update(last_seen_at=now + timedelta(minutes=2), last_saved_at=now, device_label="Chrome, Windows")
    rows.filter(pk=attempts[3].pk).update(last_seen_at=now - timedelta(minutes=4))
    rows.filter(pk=attempts[5].pk).update(other_device_label="Safari, iPad")
    call = {"session_id": session.pk, "by": account("staff-a"), "now": now}
    actions.pause(**call, attempts=[attempts[7].uuid], reason="nurse")
    actions_time.extend(**call, attempts=[attempts[2].uuid], seconds=300, reason="device failed", request_id=uuid4())
    actions.announce(**call, attempts="all", text="Question 7: the volume is 20 cubic centimetres.", request_id=uuid4())


def a_class_that_was_marked(session: Any, now: datetime) -> None:
    """All but two hand in, with results as a class has them."""
    from assessprep_xblock.domain.attempts import actions_running

    luck = random.Random(11)
    for place, learner in enumerate(students(1)[:20]):
        attempt = take(session, learner, now, 13, 0.3 + 0.035 * place, luck)
        actions_running.submit(attempt_uuid=attempt.uuid, by=learner, now=now)


@contextlib.contextmanager
def served() -> Iterator[None]:
    """The embedded LMS, for as long as the pictures take."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.servers.basehttp import ThreadedWSGIServer, get_internal_wsgi_application
    from django.test.testcases import QuietWSGIRequestHandler

    server = ThreadedWSGIServer(("127.0.0.1", PORT), QuietWSGIRequestHandler)
    server.daemon_threads = True
    server.set_app(StaticFilesHandler(get_internal_wsgi_application()))
    Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()


class Camera:
    """A member of staff at a wide screen; each picture is as wide as the page it stands on."""

    def __init__(self, browser: Any, username: str, width: int = WIDTH) -> None:
        from django.conf import settings
        from django.contrib.auth import get_user_model
        from django.test import Client

        client = Client()
        client.force_login(get_user_model().objects.get(username=username))
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, device_scale_factor=WIDTH / width, locale="en-GB", timezone_id="UTC"
        )
        name = settings.SESSION_COOKIE_NAME
        self.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": SITE}])
        self.page = self.context.new_page()

    def visit(self, address: str) -> Any:
        """Open a page and wait until it says all it has to say."""
        self.page.goto(SITE + address)
        self.page.wait_for_load_state("networkidle")
        # The head of the embedded LMS is nothing that a school sees.
        self.page.add_style_tag(content="body > header { display: none !important; }")
        return self.page

    def take(self, name: str, *parts: tuple[str, int]) -> None:
        """``docs/images/NAME.png``: elements and how much of each, one below the other; the whole page unless said.

        Few colours, because a manual is read on telephones too.
        """
        from PIL import Image

        cut = []
        for start, tallest in parts or (("body", TALLEST),):
            shot = Image.open(BytesIO(self.page.locator(start).first.screenshot(animations="disabled"))).convert("RGB")
            cut.append(shot.crop((0, 0, min(WIDTH, shot.width), min(tallest, shot.height))))
        height = sum(one.height for one in cut) + GAP * (len(cut) - 1)
        picture = Image.new("RGB", (max(one.width for one in cut), height), "white")
        top = 0
        for one in cut:
            picture.paste(one, (0, top))
            top += one.height + GAP
        picture.quantize(64).save(IMAGES / f"{name}.png", optimize=True)


def pictures(browser: Any, placement: Any, running: Any, marked: Any) -> None:
    """All of them, in the order of the page."""
    course = f"/assessprep/courses/{placement.course_key}"
    one = Camera(browser, "staff-a")
    one.visit(f"{course}/")
    one.take("common-assessments")
    page = one.visit(f"{course}/assessments/{placement.version.assessment.uuid}/add-session/")
    page.get_by_label("Name of the session").fill("Period 5, room 14")
    page.get_by_label("7C", exact=True).check()
    page.get_by_label("Find a student").fill("student-a-30")
    page.get_by_role("button", name="Add: ").first.wait_for()
    one.take("add-session", ("body", 560), ("#session-roster", 700))
    one.visit(f"{course}/accommodations/")
    one.take("extra-time")
    one.visit(f"/assessprep/sessions/{running.uuid}/")
    one.take("session")
    one.visit(f"/assessprep/sessions/{running.uuid}/display/")
    one.take("code-on-a-screen")
    one.visit(f"/assessprep/sessions/{running.uuid}/sheet/")
    one.take("sheet", ("body", 1000))
    wide = Camera(browser, "staff-a", width=1280)
    page = wide.visit(f"/assessprep/sessions/{running.uuid}/monitor/")
    page.locator("#monitor-rows tr").first.wait_for()
    wide.take("monitor", ("body", 1000))
    page.locator('#monitor-rows tr[data-status="absent"]').first.get_by_role("button", name="Why").click()
    page.locator("#monitor-why-gates li").first.wait_for()
    wide.take("why", ("#monitor-why", TALLEST))
    wide.visit(f"/assessprep/sessions/{marked.uuid}/grade/")
    wide.take("grade")
    wide.visit(f"/assessprep/sessions/{marked.uuid}/analyse/")
    wide.page.wait_for_timeout(800)
    wide.take("analyse", ("body", 900))


def main() -> None:
    """Prepare, serve, take, and say how large each is."""
    from django.core.management import call_command
    from django.utils import timezone
    from playwright.sync_api import sync_playwright

    from assessprep_xblock.domain.sessions import actions_accommodations as extra
    from tests.services import chromium

    IMAGES.mkdir(exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("seed_demo", stdout=open(os.devnull, "w"))  # noqa: SIM115
    now = timezone.now()
    placement = place_the_assessment(now)
    running = open_session(placement, "Period 3, room 12", "7A", now, duration_s=2400)
    marked = open_session(placement, "Period 4, room 12", "7B", now, duration_s=2400, release="manual")
    for learner, percent in ((students(0)[4], 150), (students(1)[2], 125)):
        extra.set_accommodation(
            course_key=placement.course_key, learner_id=learner, percent=percent, extra_s=0, by=account("staff-a"), now=now
        )
    a_class_that_was_marked(marked, now)
    a_room_in_the_middle(running, timezone.now())
    with served(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        pictures(browser, placement, running, marked)
        browser.close()
    for picture in sorted(IMAGES.glob("*.png")):
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size // 1024} kB")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory(prefix="pictures") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "devlms.settings",
            "DEVLMS_BUILD": folder,
            "DEVLMS_DB_NAME": f"{folder}/lms.sqlite3",
            "DEVLMS_ROOT_URL": SITE,
            # The browser's driver runs a loop of its own; nothing here waits for it inside a query.
            "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
        }
        import django

        django.setup()
        main()
