"""The gate: before the start, and whenever a test does not run, no door leads to a question."""

from __future__ import annotations

from typing import Any

from .browser import Browser, in_address
from .checks import Deviation, among, equal, true
from .job import Job, Student
from .pages import texts_seen


def questions_stay_shut_before_the_start(job: Job) -> str:
    """Before Start no page and no handler gives a question away: to who is assigned, to a stranger, to nobody at all."""
    student = job.quick
    assert student is not None
    _start_screen_only(job, student)
    other = job.person(f"student-b-{job.rng.randint(1, 60):02d}")
    doors = 0
    # The assigned student tries every question; the others some of them, drag and drop always.
    some = [*job.rng.sample(job.keys[:-1], 3), job.keys[-1]]
    for browser, keys in ((job.person(student.username), job.keys), (other, some), (job.person("nobody"), some)):
        for key in keys:
            doors += _shut(job, browser, key, job.course)
        # The bank's originals, one of each kind.
        for key in (job.source_keys[0], job.source_keys[-1]):
            doors += _shut(job, browser, key, job.bank_course)
    equal("attempts that began through another door", job.monitor(job.room)["counters"]["absent"], job.assigned)
    return f"{student.name} sees the start screen only; {doors} doors to questions tried, all shut"


def _start_screen_only(job: Job, student: Student) -> None:
    browser = job.person(student.username)
    home = browser.open(f"/courses/{job.course}/course/").page
    for link in home.select("a[href*='/courseware/']"):
        answer = browser.open(str(link["href"]))
        if job.usage_key in answer.text:
            job.unit = str(link["href"])
            break
    else:
        raise Deviation(f"the course's outline for {student.name}: expected the unit with the test, saw none")
    true("the unit's page before the code", "Enter your session code" in answer.text, expected="the start screen")
    equal("question texts on the unit's page before the code", texts_seen(answer.text, job.questions), [])
    known = [key for key in job.keys if key.rpartition("@")[2] in answer.text]
    equal("ids of questions on the unit's page before the code", known, [])
    own = browser.call("GET", "me/sessions").json["results"]
    equal("own sessions of an assigned student", [one["name"] for one in own], [job.room.name])
    true("what a student is told of own sessions", "code" not in own[0], expected="no code in it")


def _shut(job: Job, browser: Browser, key: str, course: str) -> int:
    """Try every door of one question; how many there were."""
    who = f"for {browser.name}"
    page = browser.open(job.question_page(key), want=None)
    among(f"the page {job.question_page(key)} of a question {who}", page.status, (302, 403, 404))
    history = f"/courses/{course}/submission_history/{browser.name}/{in_address(key)}"
    among(f"the page submission_history of a question {who}", browser.open(history, want=None).status, (302, 403, 404))
    preview = f"/studio/preview/xblock/{in_address(key)}/handler/xmodule_handler/problem_get"
    among(f"the page preview in Studio of a question {who}", browser.post_as_form(preview, {}).status, (302, 403, 404))
    dragged = "+type@drag-and-drop-v2+" in key
    if dragged:
        reads, write = ("student_view_user_state",), ("drop_item", {"val": 0, "zone": "top"})
    else:
        name = f"input_{key.rpartition('@')[2]}_2_1"
        reads, write = ("xmodule_handler/problem_get",), ("xmodule_handler/problem_check", {name: "choice_0"})
    for kind in ("handler_noauth", "handler"):
        for handler in reads:
            handler_shut(job, browser, job.handler(key, handler, course=course, kind=kind), {}, as_json=dragged)
        handler_shut(job, browser, job.handler(key, write[0], course=course, kind=kind), write[1], as_json=dragged)
    return 3 + 2 * (len(reads) + 1)


def handler_shut(job: Job, browser: Browser, path: str, fields: dict[str, Any], *, as_json: bool = False) -> None:
    """A handler of a question refuses: with a status, or in the one shape that the question's own script can show."""
    answer = browser.send("POST", path, fields, want=None) if as_json else browser.post_as_form(path, fields)
    told = f"the handler {path} for {browser.name}"
    equal(f"{told}: question texts in its answer", texts_seen(answer.text, job.questions), [])
    if answer.status >= 300:
        among(told, answer.status, (302, 403, 404))
        return
    # Capa's script shows a sentence in an answer of 200, and nothing of an error status.
    said = answer.json
    shut = isinstance(said, dict) and not {"html", "contents", "correct", "items"} & set(said)
    shut = shut and said.get("success") not in (True, "correct", "incorrect", "submitted")
    true(told, shut, expected=f"a refusal, not {answer.text[:120]!r}")
