"""In the room: codes, the test itself, and the invigilator."""

from __future__ import annotations

import time
import uuid
from typing import Any

from .browser import Browser, in_address
from .checks import among, equal, true
from .gate import handler_shut
from .job import INVIGILATOR, OTHER_STAFF, Job, Student
from .pages import filled_in, questions_on, texts_seen
from .prepare import MINUTES

LIMIT = 5


# -- codes ------------------------------------------------------------------------------------------------------------
def codes_open_only_ones_own_session(job: Job) -> str:
    """A wrong code and somebody else's read the same; the right one at the wrong time is told the truth."""
    careless, stranger = job.careless, job.stranger
    assert careless and stranger and job.tomorrow and job.neighbour
    wrong = job.verify(careless, _wrong_codes(job, 1)[0])
    equal("a wrong code", (wrong.status, wrong.code), (403, "code_wrong"))
    # The right code, by somebody who is not on the list.
    foreign = job.verify(stranger, job.room.code)
    equal("the right code by who is not on the list", (foreign.status, foreign.text), (wrong.status, wrong.text))
    early = job.verify(careless, job.tomorrow.code)
    equal("the right code of a session that opens tomorrow", (early.status, early.code), (409, "not_open_yet"))
    true("what is said of it", early.json.get("opens_at"), expected="when it opens")
    for body, status in (({"code": 1234}, 400), ({}, 400), ([], 400)):
        path = f"placements/{in_address(job.usage_key)}/verify"
        refused = job.person(careless.username).call("POST", path, body, want=status)
        true("an unreadable code", refused.json.get("message"), expected="a code and a message")
    equal("attempts after wrong codes", job.monitor(job.room)["counters"]["absent"], job.assigned)
    said = wrong.json["message"]
    return f"wrong code and somebody else's session: “{said}”; tomorrow's session: “{early.json['message']}”"


def _wrong_codes(job: Job, count: int) -> list[str]:
    taken = {room.code for room in (job.main, job.neighbour, job.tomorrow) if room}
    return job.rng.sample([f"{number:04d}" for number in range(10_000) if f"{number:04d}" not in taken], count)


def the_sixth_wrong_code_has_to_wait(job: Job) -> str:
    """Exactly five wrong codes are answered; then 429 for the right one too, until staff clear the tries."""
    guesser = job.guesser
    assert guesser is not None
    for number, code in enumerate(_wrong_codes(job, LIMIT), start=1):
        answer = job.verify(guesser, code)
        equal(f"wrong code number {number}", (answer.status, answer.code), (403, "code_wrong"))
    sixth = job.verify(guesser, _wrong_codes(job, 1)[0])
    equal(f"wrong code number {LIMIT + 1}", (sixth.status, sixth.code), (429, "too_many_tries"))
    wait = int(sixth.headers.get("Retry-After", "0"))
    true("Retry-After", 0 < wait <= 301, expected=f"1 to 301 seconds, not {wait}")
    equal("the right code after too many wrong ones", job.verify(guesser, job.room.code).status, 429)
    tries = job.monitor(job.room)["tries"]
    locked = [one["username"] for one in tries if one["locked"]]
    equal("who has to wait, in the Monitor", locked, [guesser.username])
    job.staff.call("POST", f"sessions/{job.room.uuid}/clear-tries", {"learner_ids": [guesser.user_id]})
    equal("the right code when staff cleared the tries", job.verify(guesser, job.room.code).status, 200)
    return f"{LIMIT} wrong codes of {guesser.name} answered, the next: 429, wait {wait} s; cleared by staff; now joined"


# -- the test ---------------------------------------------------------------------------------------------------------
def students_start_and_answer(job: Job) -> str:
    """The card, Start, answers saved as they are typed, a reload without loss; one more student in the room next door."""
    counts = []
    for student in job.takers:
        _card(job, student)
        _start(job, student)
        counts.append(_answer(job, student))
    next_door = job.next_door
    assert next_door is not None and job.neighbour is not None
    equal("the code of the room next door", job.verify(next_door, job.neighbour.code).status, 200)
    job.person(next_door.username).call("POST", f"attempts/{next_door.attempt}/start", {})
    told = ", ".join(f"{one.name} {count} of {len(job.questions)}" for one, count in zip(job.takers, counts, strict=True))
    return f"card, Start, answered and still there after a reload: {told}"


def _card(job: Job, student: Student) -> None:
    answer = job.verify(student, job.room.code)
    equal(f"the right code by {student.name}", answer.status, 200)
    card = answer.json
    seen = (card["status"], card["assessment"], card["session"], card["duration_s"])
    equal("the card", seen, ("joined", job.title, job.room.name, MINUTES * 60))
    true("the school on the card", card["organization"], expected="its name")
    true("a joined student's state", "questions" not in card and card["left_ms"] is None, expected="no question, no clock")
    browser = job.person(student.username)
    equal(
        "the page of a question between code and Start", browser.open(job.question_page(job.keys[0]), want=None).status, 403
    )
    refused = browser.call(
        "PUT",
        f"attempts/{student.attempt}/answers/{job.keys[0].rpartition('@')[2]}",
        {"values": {}, "revision": 1},
        want=None,
    )
    equal("an answer before Start", (refused.status, refused.code), (409, "not_started"))


def _start(job: Job, student: Student) -> None:
    browser = job.person(student.username)
    state = student.hear(browser.call("POST", f"attempts/{student.attempt}/start", {}).json)
    equal(f"{student.name} after Start", state["status"], "in_progress")
    true(
        "the time left",
        0 < state["left_ms"] <= MINUTES * 60_000,
        expected=f"at most {MINUTES} minutes, not {state['left_ms']} ms",
    )
    again = browser.call("POST", f"attempts/{student.attempt}/start", {}).json
    equal("the end of the time after a second Start", again["ends_at"], state["ends_at"])


def _answer(job: Job, student: Student) -> int:
    """Answer as the sheet says, through the inputs that the page has; returns how many questions are answered."""
    browser = job.person(student.username)
    source = browser.open(job.unit)
    expected = {text for question in job.questions if not question.is_dragged for text in question.texts}
    missing = expected - set(texts_seen(source.text, job.questions))
    true("the questions on the page after Start", not missing, expected=f"all of them, also {sorted(missing)[:1]}")
    asked = questions_on(source.page)
    equal("questions on the page after Start", [one.usage_key for one in asked], job.keys)
    saved: dict[str, dict[str, Any]] = {}
    for question, one in zip(job.questions, asked, strict=True):
        given = student.sheet[question.name]
        if question.is_dragged:
            _drag(job, browser, one.usage_key, given)
        elif question.is_answered(given):
            values = filled_in(question, given, one)
            _save(job, browser, student, one.item, values)
            saved[one.item] = {"values": values, "revision": 2, "written_at": None}
    handler_shut(job, browser, job.handler(job.keys[0], "xmodule_handler/problem_check"), {})
    browser.open(job.question_page(job.keys[0]))
    state = job.reload(student)
    equal(f"the answers of {student.name} after a reload", state["drafts"], {**_untyped(state, saved), **saved})
    done = sum(question.is_answered(student.sheet[question.name]) for question in job.questions)
    equal(f"how many questions of {student.name} count as answered", state["answered"], done)
    return done


def _untyped(state: dict[str, Any], saved: dict[str, Any]) -> dict[str, Any]:
    """What the server keeps of questions that keep their own answers: no text, so nothing to compare."""
    own = {one["item"] for one in state["questions"] if not one["drafts"]}
    return {item: draft for item, draft in state["drafts"].items() if item in own and item not in saved}


def _save(job: Job, browser: Browser, student: Student, item: str, values: dict[str, Any]) -> None:
    """First empty, then what counts; an older one that arrives late changes nothing."""
    path = f"attempts/{student.attempt}/answers/{item}"
    browser.call("PUT", path, {"values": {}, "revision": 1})
    saved = browser.call("PUT", path, {"values": values, "revision": 2}).json
    equal("the acknowledged revision", saved["revision"], 2)
    if job.rng.random() < 0.2:
        late = browser.call("PUT", path, {"values": {}, "revision": 1}, want=None)
        equal("an older answer that arrives late", (late.status, late.code), (409, "stale_draft"))


def _drag(job: Job, browser: Browser, key: str, drops: Any) -> None:
    """Drop the items through the question's own handler, as its own script does."""
    zones = next(question.zones for question in job.questions if question.is_dragged)
    assert zones is not None
    for item, zone in drops:
        said = browser.send("POST", job.handler(key, "drop_item"), {"val": item, "zone": zone}, want=200).json
        equal(f"item {item} dropped on {zone}", said.get("correct"), zone in zones[item])


# -- the invigilator --------------------------------------------------------------------------------------------------
def invigilator_watches_pauses_and_announces(job: Job) -> str:
    """Monitor, pause, resume, announce, extra time: the students' pages follow with their next heartbeat."""
    room, watcher = job.room, job.invigilator
    _invite(job)
    watcher.open(f"/assessprep/sessions/{room.uuid}/monitor/")
    picture = job.monitor(room, by=watcher)
    counters = picture["counters"]
    parts = {name: counters[name] for name in ("absent", "joined", "in_progress", "ended", "submitted")}
    equal(
        "the Monitor's counters",
        parts,
        {"absent": job.assigned - 4, "joined": 1, "in_progress": 3, "ended": 0, "submitted": 0},
    )
    equal("Assigned and the sum of the others", (counters["assigned"], sum(parts.values())), (job.assigned, job.assigned))
    rows = {row["username"]: row for row in picture["rows"]}
    for student in job.takers:
        row = rows[student.username]
        equal(f"{student.name} in the Monitor", (row["status"], row["answered"]), ("in_progress", student.state["answered"]))
    since = watcher.call("GET", f"sessions/{room.uuid}/monitor?since={picture['since']}", want=None)
    among("the Monitor asked again", since.status, (200, 204))
    job.person(OTHER_STAFF).call("POST", f"sessions/{room.uuid}/pause", {"attempts": "all"}, want=404)

    still = _pause(job)
    _resume(job, still)
    text = _announce(job)
    _give_time(job)
    return (
        f"{INVIGILATOR} sees {_counted(job.assigned, parts)}; paused and resumed with {still // 1000} s left, next door "
        f"untouched; “{text}” heard; two minutes more by staff"
    )


def _invite(job: Job) -> None:
    """Staff let one person watch this one session: its room, and never a question, a grade or the session next door."""
    room, watcher = job.room, job.invigilator
    assert job.quick is not None and job.neighbour is not None
    path = f"sessions/{room.uuid}/invigilators"
    learner = job.staff.call("POST", path, {"who": job.quick.username}, want=400)
    equal("the field named where a student is to watch", learner.json.get("field"), "who")
    invited = job.staff.call("POST", path, {"who": INVIGILATOR}, want=201).json
    equal("who is invited", (invited["username"], invited["level"]), (INVIGILATOR, "invigilator"))
    picture = job.monitor(room, by=watcher)
    equal("the code in an invigilator's Monitor", (picture["level"], picture["session"]["code"]), ("invigilator", None))
    for view in ("", "edit/", "grade/"):
        watcher.open(f"/assessprep/sessions/{room.uuid}/{view}", want=404)
    watcher.call("GET", f"sessions/{job.neighbour.uuid}/monitor", want=404)
    among("a question's page for an invigilator", watcher.open(job.question_page(job.keys[0]), want=None).status, (403, 404))
    body = {"attempts": [job.quick.attempt], "reason": "none", "request_id": _request_id(job)}
    for action in ("end", "submit", "void"):
        refused = watcher.call("POST", f"sessions/{room.uuid}/{action}", body, want=None)
        equal(f"{action} by an invigilator who is no chief", (refused.status, refused.code), (403, "forbidden"))


def _request_id(job: Job) -> str:
    return str(uuid.UUID(int=job.rng.getrandbits(128), version=4))


def _counted(assigned: int, parts: dict[str, int]) -> str:
    return f"Assigned {assigned} = " + " + ".join(f"{name.replace('_', ' ')} {count}" for name, count in parts.items())


def _pause(job: Job) -> int:
    """Pause the session; what a student has left then, in milliseconds."""
    room, student, next_door = job.room, job.quick, job.next_door
    assert student and next_door and job.neighbour
    quiet = job.beat(next_door)
    equal("a heartbeat next door before the pause", quiet.status, 204)
    job.invigilator.call("POST", f"sessions/{room.uuid}/pause", {"attempts": "all", "reason": "Fire drill"})
    again = job.invigilator.call("POST", f"sessions/{room.uuid}/pause", {"attempts": "all"}, want=None)
    equal("a second pause", (again.status, again.code), (409, "already_held"))
    for one in job.takers:
        heard = job.beat(one)
        equal(f"the next heartbeat of {one.name}", (heard.status, heard.status == 200 and heard.json["held"]), (200, True))
    browser = job.person(student.username)
    equal("the page of a question during the pause", browser.open(job.question_page(job.keys[0]), want=None).status, 403)
    handler_shut(job, browser, job.handler(job.keys[0], "xmodule_handler/problem_get"), {})
    equal("question texts on the unit's page during the pause", texts_seen(browser.open(job.unit).text, job.questions), [])
    refused = browser.call("POST", f"attempts/{student.attempt}/submit", {}, want=None)
    equal("Submit during the pause", (refused.status, refused.code), (409, "held"))
    _next_door_untouched(job)
    held = job.reload(student)["left_ms"]
    time.sleep(1.2)
    equal("the time left after another second of the pause, in ms", job.reload(student)["left_ms"], held)
    return int(held)


def _next_door_untouched(job: Job) -> None:
    next_door = job.next_door
    assert next_door and job.neighbour
    equal("a heartbeat next door during the pause", job.beat(next_door).status, 204)
    picture = job.monitor(job.neighbour)
    equal("the session next door", (picture["session"]["held"], picture["counters"]["in_progress"]), (False, 1))
    job.person(next_door.username).open(job.question_page(job.keys[0]))


def _resume(job: Job, held_ms: int) -> None:
    student = job.quick
    assert student is not None
    began = time.monotonic()
    job.invigilator.call("POST", f"sessions/{job.room.uuid}/resume", {"attempts": "all"})
    heard = job.beat(student)
    ran_ms = (time.monotonic() - began) * 1000
    equal("the heartbeat after the pause", (heard.status, heard.status == 200 and heard.json["held"]), (200, False))
    left = heard.json["left_ms"]
    kept = held_ms - ran_ms - 1 <= left <= held_ms
    true("the time left after the pause", kept, expected=f"{held_ms} ms less at most {ran_ms:.0f}, not {left}")
    for one in job.takers:
        job.beat(one)
    job.person(student.username).open(job.question_page(job.keys[0]))


def _announce(job: Job) -> str:
    number = job.rng.randint(2, 12)
    text = f"Question {number}: read “m/s” — <b>not</b> km/h. حظًا سعيدًا"
    body = {"attempts": "all", "text": text, "request_id": _request_id(job)}
    path = f"sessions/{job.room.uuid}/announce"
    said = job.invigilator.call("POST", path, body).json
    equal("the same announcement sent again", job.invigilator.call("POST", path, body).json["number"], said["number"])
    for student in job.takers:
        heard = job.beat(student, seen_announcement=0)
        told = [one["text"] for one in heard.json["announcements"]] if heard.status == 200 else []
        equal(f"what {student.name} hears with the next heartbeat", told, [text])
        student.state["seen_announcement"] = said["number"]
    equal(
        "announcements in the Monitor",
        [one["text"] for one in job.monitor(job.room, by=job.invigilator)["announcements"]],
        [text],
    )
    assert job.next_door is not None
    equal("a heartbeat next door after the announcement", job.beat(job.next_door).status, 204)
    return text


def _give_time(job: Job) -> None:
    student = job.careless
    assert student is not None
    before = job.reload(student)["left_ms"]
    extend(job, student, 120)
    after = job.beat(student).json["left_ms"]
    true(
        "the time left after two minutes more",
        100_000 < after - before <= 120_000,
        expected=f"two minutes more than {before} ms, not {after}",
    )


def extend(job: Job, student: Student, seconds: int) -> None:
    """Give (or take back) time."""
    body = {
        "attempts": [student.attempt],
        "seconds": seconds,
        "reason": "smoke",
        "request_id": _request_id(job),
    }
    rows = job.staff.call("POST", f"sessions/{job.room.uuid}/extend", body).json["rows"]
    equal(f"{seconds} s for {student.name}", [one["done"] for one in rows], [True])
