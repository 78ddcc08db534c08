"""Before the test: everybody signs in, the author publishes, the school places the assessment and adds sessions."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from bs4 import BeautifulSoup

from tests.tables import rows_of

from .browser import Browser, csrf_of, in_address
from .checks import Deviation, among, equal, true
from .job import AUTHOR, INVIGILATOR, OTHER_STAFF, SCHOOL_STAFF, Job, Room, Student
from .pages import main_of, texts_seen

#: What school staff set; the author allows one minute to one hour.
MINUTES = 10


# -- sign in ----------------------------------------------------------------------------------------------------------
def everybody_signs_in(job: Job) -> str:
    """Author, staff of two schools and an invigilator sign in; a wrong password does not."""
    nobody = job.person("nobody")
    form = nobody.open("/login").page
    wrong = nobody.press("/login", {"username": AUTHOR, "password": "wrong"}, token=csrf_of(form), want=200)
    true("signing in with a wrong password", wrong.page.select_one("[role=alert]"), expected="a refusal on the form")
    for username in (AUTHOR, SCHOOL_STAFF, OTHER_STAFF, INVIGILATOR):
        job.person(username)
    job.bank_course = _course_of(job, AUTHOR)
    job.course = _course_of(job, SCHOOL_STAFF)
    job.other_course = _course_of(job, OTHER_STAFF)
    return f"{AUTHOR} ({job.bank_course}), {SCHOOL_STAFF} ({job.course}), {OTHER_STAFF}, {INVIGILATOR}; students follow"


def _course_of(job: Job, username: str) -> str:
    """The one run this member of staff works in, from the way to Studio on the first page."""
    links = {unquote(str(one["href"])) for one in job.homes[username].select("a[href^='/studio/course/']")}
    equal(f"runs that {username} is staff of", len(links), 1)
    return links.pop().removeprefix("/studio/course/")


# -- the author -------------------------------------------------------------------------------------------------------
def author_publishes_version_1(job: Job) -> str:
    """The author sees the questions in Studio, makes the bank, sets defaults and publishes version 1."""
    author = job.person(AUTHOR)
    block, page = _assessment_in_studio(job, author)
    seen = set(texts_seen(page, job.questions))
    missing = [text for question in job.questions for text in question.texts if text not in seen and not question.is_dragged]
    true("the questions on the author's page in Studio", not missing, expected=f"all of them, also {missing[:1]}")
    job.source_keys = _question_keys(BeautifulSoup(page, "html.parser"))
    equal("questions on the author's page in Studio", len(job.source_keys), len(job.questions))

    author.open(f"/assessprep/library/add?block={in_address(block)}")
    job.bank_title = f"Bank of {job.rng.choice(['the district', 'Riverside', 'the science team'])}"
    bank = author.call(
        "POST", "banks", {"course_id": job.bank_course, "title": job.bank_title, "shared_with_all": True}, want=201
    ).json
    made = author.call("POST", f"banks/{bank['uuid']}/assessments", {"usage_key": block}, want=201).json
    job.assessment = made["uuid"]
    equal("the assessment's title", made["title"], job.title)
    _set_defaults(job, author, made)

    author.open(f"/assessprep/library/banks/{bank['uuid']}/")
    before = author.open(f"/assessprep/library/assessments/{job.assessment}/").text
    true("the assessment's page before publishing", "Not published" in before, expected="“Not published …”")
    version = author.call("POST", f"assessments/{job.assessment}/publish", {"release_note": "First version."}, want=201).json
    equal("the number of the first version", version["number"], 1)
    job.version = version["uuid"]
    listed = author.call("GET", f"assessments/{job.assessment}/versions").json
    equal("versions there are", [one["number"] for one in listed["results"]], [1])
    equal("questions of version 1", listed["results"][0]["questions"], len(job.questions))
    after = main_of(author.open(f"/assessprep/library/assessments/{job.assessment}/").page).get_text(" ", strip=True)
    for question in job.questions:
        true(f"{question.title} on the assessment's page", question.title in after, expected="its title in the list")
    return (
        f"{len(job.questions)} questions of “{job.title}” in Studio; “{job.bank_title}” shared with all; defaults set, "
        f"release locked; version 1 published"
    )


def _assessment_in_studio(job: Job, author: Browser) -> tuple[str, str]:
    """The assessment block's usage key and its page in Studio, found by walking from the outline."""
    outline = author.open(f"/studio/course/{job.bank_course}").page
    for unit in _keys_in(outline, "vertical"):
        for block in _keys_in(author.open(f"/studio/container/{in_address(unit)}").page, "assessprep"):
            return block, author.open(f"/studio/container/{in_address(block)}").text
    raise Deviation("the bank's outline in Studio: expected a unit with an assessment in it, saw none")


def _keys_in(page: BeautifulSoup, block_type: str) -> list[str]:
    """Usage keys of blocks of this type that a Studio page leads to, in its order."""
    found = [re.match(r"/studio/container/([^/]+)$", unquote(str(one["href"]))) for one in page.select("a[href]")]
    return list(dict.fromkeys(one[1] for one in found if one and f"+type@{block_type}+" in one[1]))


def _question_keys(page: BeautifulSoup) -> list[str]:
    wanted = page.select("[data-usage-id][data-block-type=problem], [data-usage-id][data-block-type=drag-and-drop-v2]")
    return [str(one["data-usage-id"]) for one in wanted]


def _set_defaults(job: Job, author: Browser, made: dict[str, Any]) -> None:
    """Window, duration, guests and results on submit; what contradicts itself is refused with the field named."""
    path, now = f"assessments/{job.assessment}", datetime.now(UTC)
    opens, closes = _iso(now - timedelta(hours=1)), _iso(now + timedelta(days=7))
    wrong = {"opens_at": {"default": closes}, "closes_at": {"default": opens}}
    refused = author.call("PATCH", path, {"version": made["version"], "settings": wrong}, want=400)
    equal("the field named where a test closes before it opens", refused.json.get("field"), "closes_at")
    none = author.call("PATCH", path, {"version": made["version"], "settings": {"duration_s": {"default": 0}}}, want=400)
    equal("the field named where a test has no duration", none.json.get("field"), "duration_s")
    settings = {
        "opens_at": {"default": opens},
        "closes_at": {"default": closes},
        "duration_s": {"default": 1800, "rule": "range", "least": 60, "most": 3600},
        "network_grace_s": {"default": 0},
        "guests": {"default": False},
        "release": {"default": "on_submit", "rule": "locked"},
    }
    changed = author.call("PATCH", path, {"version": made["version"], "settings": settings}).json
    equal("the default duration", changed["settings"]["duration_s"]["default"], 1800)
    stale = author.call("PATCH", path, {"version": made["version"], "title": "Too late"}, want=409)
    equal("the refusal of a change made on an old page", stale.code, "stale_version")


def _iso(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat()


# -- the school -------------------------------------------------------------------------------------------------------
def school_places_it_and_adds_sessions(job: Job) -> str:
    """Staff of the school find the assessment, read it, put it into a unit in Studio, and add three sessions."""
    staff = job.staff
    _read_only(job, staff)
    _place_in_studio(job, staff)
    _sessions(job, staff)
    assert job.main is not None and job.quick and job.careless and job.slow
    return (
        f"read-only details; {len(job.keys)} questions copied; “{job.main.name}” published with a code of "
        f"{len(job.main.code)} digits for {job.assigned}: one class and {job.slow.name} by name"
    )


def _read_only(job: Job, staff: Browser) -> None:
    home = staff.open(f"/courses/{job.course}/course/").page
    tab = next((one for one in home.select("a[href]") if one.get_text(strip=True) == "Common Assessments"), None)
    if tab is None:
        raise Deviation("the course's tabs: expected Common Assessments among them, saw none")
    page = main_of(staff.open(str(tab["href"])).page)
    true("the Common Assessments tab", job.bank_title in page.get_text(" "), expected=f"the bank “{job.bank_title}” on it")
    link = next((one for one in page.select("a[href]") if one.get_text(strip=True) == job.title), None)
    if link is None:
        raise Deviation(f"the Common Assessments tab: expected “{job.title}”, saw {page.get_text(' ', strip=True)[:200]}")
    details = main_of(staff.open(str(link["href"])).page)
    for question in job.questions:
        true("an assessment's details", question.title in details.get_text(" "), expected=f"{question.title} in the list")
    equal(
        "fields to type into on an assessment's details", [one.name for one in details.select("input, textarea, select")], []
    )
    for method, path, body in (
        ("PATCH", f"assessments/{job.assessment}", {"version": 1, "title": "Ours now"}),
        ("POST", f"assessments/{job.assessment}/publish", {}),
        ("GET", f"assessments/{job.assessment}", None),
    ):
        among(
            f"{method} of the author's assessment by {staff.name}",
            staff.call(method, path, body, want=None).status,
            (403, 404),
        )
    for path in (f"/assessprep/library/assessments/{job.assessment}/", f"/studio/course/{job.bank_course}"):
        among(f"the author's page {path} for {staff.name}", staff.open(path, want=None).status, (403, 404))


def _place_in_studio(job: Job, staff: Browser) -> None:
    """Add the block to a unit, choose the version in the block's own editor; its questions come copied and published."""
    outline = staff.open(f"/studio/course/{job.course}").page
    unit = _keys_in(outline, "vertical")[0]
    address = f"/studio/container/{in_address(unit)}"
    page = staff.open(address).page
    before = set(_keys_in(page, "assessprep"))
    staff.press(f"{address}/add", {"type": "assessprep"}, token=csrf_of(page))
    added = [key for key in _keys_in(staff.open(address).page, "assessprep") if key not in before]
    equal("assessment blocks added in Studio", len(added), 1)
    job.usage_key = added[0]
    block = f"/studio/xblock/{in_address(job.usage_key)}"
    editor = staff.open(f"{block}/edit").page
    offered = [str(one["value"]) for one in editor.select("input[name=version]")]
    equal("versions offered in the block's editor", offered, [job.version])
    choice = {"usage_key": job.usage_key, "version": job.version}
    chosen = staff.call("POST", f"courses/{job.course}/placements", choice, want=201).json
    equal("the copy in the unit", (chosen["state"], chosen["problem"]), ("ready", ""))
    job.keys = _question_keys(staff.open(f"/studio/container/{in_address(job.usage_key)}").page)
    equal("questions copied into the unit", len(job.keys), len(job.questions))
    state = staff.open(address).page.select_one("#unit-state")
    equal("the unit in Studio", state.get_text(strip=True) if state else "", "published")
    placed = staff.call("POST", f"courses/{job.course}/placements", {"assessment": job.assessment}, want=201).json
    equal("where the assessment stands in the course", (placed["state"], placed["usage_key"]), ("ready", job.usage_key))
    job.placement = placed["uuid"]


def _sessions(job: Job, staff: Browser) -> None:
    form = staff.open(f"/assessprep/courses/{job.course}/assessments/{job.assessment}/add-session/").page
    classes = [int(str(one["value"])) for one in form.select("input[name='class']")]
    equal("classes on the form of Add Session", len(classes), 3)
    job.rng.shuffle(classes)
    here, next_door, elsewhere = classes
    _refused_sessions(job, staff, here)
    # Nobody may sit in two sessions of one assessment at once: today's end before tomorrow's opens.
    now = datetime.now(UTC)
    tonight, tomorrow = _iso(now + timedelta(hours=3)), _iso(now + timedelta(days=1))
    rooms = [
        f"Period {period}, room {room}" for period, room in zip((2, 3, 4), job.rng.sample(range(1, 40), 3), strict=True)
    ]
    main = _draft(job, staff, rooms[0], here, {"duration_s": MINUTES * 60, "closes_at": tonight})
    beside = _draft(job, staff, rooms[1], next_door, {"duration_s": MINUTES * 60, "closes_at": tonight})
    later = _draft(job, staff, rooms[2], elsewhere, {"opens_at": tomorrow})
    _choose_people(job, staff, main, beside, later)
    own = job.slow
    assert own is not None and job.careless is not None
    # One class, and one student of another class by name.
    found = staff.call("GET", f"courses/{job.course}/learners?search={own.username}").json["results"]
    equal(f"who is found by “{own.username}”", [one["id"] for one in found], [own.user_id])
    staff.call(
        "PUT", f"sessions/{main['uuid']}/roster", {"version": main["version"], "classes": [here], "students": [own.user_id]}
    )
    roster = {"classes": [elsewhere], "students": [job.careless.user_id]}
    staff.call("PUT", f"sessions/{later['uuid']}/roster", {"version": later["version"], **roster})
    job.main, job.neighbour, job.tomorrow = (_publish(staff, one) for one in (main, beside, later))
    equal("different codes of the three sessions", len({job.main.code, job.neighbour.code, job.tomorrow.code}), 3)
    counters = job.monitor(job.main)["counters"]
    job.assigned = counters["assigned"]
    equal("who is absent before the test", counters["absent"], job.assigned)


def _refused_sessions(job: Job, staff: Browser, class_id: int) -> None:
    """What the author decided stays decided."""
    body = {"placement": job.placement, "name": "Not like this", "roster": {"classes": [class_id]}}
    for settings, code in (({"release": "manual"}, "setting_locked"), ({"duration_s": 7200}, "setting_out_of_range")):
        answer = staff.call("POST", f"courses/{job.course}/sessions", {**body, "settings": settings}, want=400)
        equal(f"the refusal of {settings}", answer.code, code)


def _draft(job: Job, staff: Browser, name: str, class_id: int, settings: dict[str, Any]) -> dict[str, Any]:
    body = {"placement": job.placement, "name": name, "settings": settings, "roster": {"classes": [class_id]}}
    made = staff.call("POST", f"courses/{job.course}/sessions", body, want=201).json
    equal(f"a new session “{name}”", (made["lifecycle"], made["code"]), ("draft", None))
    return made


def _choose_people(job: Job, staff: Browser, main: dict, beside: dict, later: dict) -> None:
    here, next_door, elsewhere = (_on_list(staff, one["uuid"]) for one in (main, beside, later))
    job.quick, job.careless, job.guesser = job.rng.sample(here, 3)
    job.next_door, job.stranger = job.rng.sample(next_door, 2)
    job.slow = job.rng.choice(elsewhere)
    for student, sheet in zip(job.takers, job.sheets, strict=True):
        student.sheet = sheet


def _on_list(staff: Browser, session: str) -> list[Student]:
    rows = rows_of(staff.call("GET", f"sessions/{session}/monitor").json)
    true("the list of a class", len(rows) >= 3, expected="at least three students")
    return [Student(row["username"], row["learner"], row["name"]) for row in rows]


def _publish(staff: Browser, draft: dict[str, Any]) -> Room:
    found = staff.call("POST", f"sessions/{draft['uuid']}/lint", {}).json["problems"]
    equal(f"what stands in the way of “{draft['name']}”", [one["code"] for one in found if one["severity"] == "error"], [])
    published = staff.call("POST", f"sessions/{draft['uuid']}/publish", {}).json
    shown = staff.open(f"/assessprep/sessions/{draft['uuid']}/").page.select_one("#session-code")
    code = shown.get_text(strip=True) if shown else ""
    true(f"the code of “{draft['name']}”", re.fullmatch(r"\d{4}", code), expected="four digits on the session's page")
    equal("the code on the page and in REST", code, published["code"])
    return Room(draft["uuid"], draft["name"], code)


# -- everybody else ---------------------------------------------------------------------------------------------------
def other_schools_see_nothing(job: Job) -> str:
    """Staff of another school, and the author, get 404 for the session; the other school places the assessment by itself."""
    room, other = job.room, job.person(OTHER_STAFF)
    for person in (other, job.person(AUTHOR), job.person(INVIGILATOR)):
        for view in ("", "edit/", "monitor/", "grade/"):
            person.open(f"/assessprep/sessions/{room.uuid}/{view}", want=404)
        for path in ("", "/monitor", "/grades", "/grades.csv"):
            person.call("GET", f"sessions/{room.uuid}{path}", want=404)
        for action, body in (
            ("publish", {}),
            ("rotate-code", {}),
            ("lint", {}),
            ("pause", {"attempts": "all"}),
            ("settle", {}),
            ("clear-tries", {"learner_ids": [1]}),
        ):
            person.call("POST", f"sessions/{room.uuid}/{action}", body, want=404)
        person.call("DELETE", f"sessions/{room.uuid}", want=404)
        among(
            f"sessions of {job.course} for {person.name}",
            person.call("GET", f"courses/{job.course}/sessions", want=None).status,
            (403, 404),
        )
    placed = other.call("POST", f"courses/{job.other_course}/placements", {"assessment": job.assessment}, want=201).json
    equal("an assessment that the other school wants", placed["state"], "wanted")
    ready = other.call("POST", f"placements/{placed['uuid']}/add", {}).json
    equal("“Add to the course” at the other school", (ready["state"], ready["problem"]), ("ready", ""))
    text = main_of(other.open(f"/assessprep/courses/{job.other_course}/assessments/{job.assessment}/").page).get_text(" ")
    true("the other school's page", "Ready" in text, expected="“Ready”")
    who = f"{OTHER_STAFF}, {AUTHOR} and {INVIGILATOR}"
    return f"404 on every page and call of “{room.name}” for {who}; {OTHER_STAFF} added a copy to its own course"
