"""After the test: handing in, the gradebook, what students see, and what the platform and the server logged."""

from __future__ import annotations

import re
import time

from . import answers
from .checks import Deviation, among, equal, true
from .gate import handler_shut
from .job import AUTHOR, Job, Student
from .logs import errors_in, lines_with
from .pages import events_of, grade_rows, gradebook_of, main_of, texts_seen
from .room import extend

#: What the student who never submits has left when staff shorten the time, in seconds.
LAST_SECONDS = 5


def two_submit_and_one_runs_out_of_time(job: Job) -> str:
    """Two press Submit; the third's time runs out, and the server hands in what was saved."""
    assert job.quick and job.careless and job.slow
    for student in (job.quick, job.careless):
        _submit(job, student)
    early = job.invigilator.call("POST", f"sessions/{job.room.uuid}/settle", {}).json
    equal("handed in by the clock while there is time", early["submitted"], 0)
    _run_out(job, job.slow)
    settled = job.invigilator.call("POST", f"sessions/{job.room.uuid}/settle", {}).json
    equal("handed in by the clock when the time was over", settled["submitted"], 1)
    equal(
        "handed in by settling once more",
        job.invigilator.call("POST", f"sessions/{job.room.uuid}/settle", {}).json["submitted"],
        0,
    )
    receipt = job.reload(job.slow)["receipt"]
    equal(f"the receipt of {job.slow.name}", (receipt["reason"], receipt["handin"]), ("clock", "done"))
    counters = job.monitor(job.room)["counters"]
    seen = {name: counters[name] for name in ("joined", "in_progress", "ended", "submitted")}
    equal("the Monitor's counters", seen, {"joined": 1, "in_progress": 0, "ended": 0, "submitted": 3})
    rows = {row["username"]: row for row in job.monitor(job.room)["rows"]}
    equal("grading in the Monitor", [rows[one.username]["grading"] for one in job.takers], ["scored"] * 3)
    return f"{job.quick.name} and {job.careless.name} submitted; the server handed {job.slow.name} in when the time was over"


def _submit(job: Job, student: Student) -> None:
    browser = job.person(student.username)
    state = student.hear(browser.call("POST", f"attempts/{student.attempt}/submit", {}).json)
    equal(f"{student.name} after Submit", state["status"], "submitted")
    again = browser.call("POST", f"attempts/{student.attempt}/submit", {}).json
    equal("the time of submitting after a second Submit", again["receipt"]["submitted_at"], state["receipt"]["submitted_at"])
    receipt = job.reload(student)["receipt"]
    equal(f"the receipt of {student.name}", (receipt["reason"], receipt["handin"]), ("learner", "done"))
    refused = browser.call(
        "PUT",
        f"attempts/{student.attempt}/answers/{job.keys[0].rpartition('@')[2]}",
        {"values": {}, "revision": 9},
        want=None,
    )
    equal("an answer after Submit", (refused.status, refused.code), (409, "already_submitted"))
    equal("the page of a question after Submit", browser.open(job.question_page(job.keys[0]), want=None).status, 403)
    handler_shut(job, browser, job.handler(job.keys[0], "xmodule_handler/problem_check"), {})
    handler_shut(job, browser, job.handler(job.keys[-1], "drop_item"), {"val": 0, "zone": "top"}, as_json=True)
    equal("question texts on the unit's page after Submit", texts_seen(browser.open(job.unit).text, job.questions), [])
    equal("the code after Submit", job.verify(student, job.room.code).code, "already_submitted")


def _run_out(job: Job, student: Student) -> None:
    """Let staff shorten the time to a few seconds, and wait until it is over."""
    left = job.reload(student)["left_ms"]
    extend(job, student, LAST_SECONDS - left // 1000)
    until = time.monotonic() + LAST_SECONDS + 120
    while (state := job.reload(student))["status"] == "in_progress":
        if time.monotonic() > until:
            raise Deviation(f"{student.name} with no time left: expected the test to end, saw {state['left_ms']} ms left")
        time.sleep(min(1.0, state["left_ms"] / 1000 + 0.05))
    equal(f"{student.name} when the time is over", state["status"], "ended")
    browser = job.person(student.username)
    late = browser.call(
        "PUT",
        f"attempts/{student.attempt}/answers/{job.keys[0].rpartition('@')[2]}",
        {"values": {}, "revision": 9},
        want=None,
    )
    equal("an answer when the time is over", (late.status, late.code), (409, "time_over"))
    equal(
        "the page of a question when the time is over", browser.open(job.question_page(job.keys[0]), want=None).status, 403
    )


# -- scores -----------------------------------------------------------------------------------------------------------
def gradebook_holds_the_expected_scores(job: Job) -> str:
    """The gradebook's page, the Grade view and its REST call all have the scores that the answer keys in the OLX give."""
    columns, rows = gradebook_of(job.staff.open(f"/courses/{job.course}/gradebook").page)
    ids = [key.rpartition("@")[2] for key in job.keys]
    equal("the gradebook's columns", [block_id for block_id, _heading in columns], ids)
    for question, (_block_id, heading) in zip(job.questions, columns, strict=True):
        equal("a column's heading", heading, f"{question.title} / {answers.as_shown(question.points)}")
    for student in job.takers:
        row = rows[student.username]
        for question, block_id in zip(job.questions, ids, strict=True):
            given = student.sheet[question.name]
            wanted = answers.as_shown(question.earned(given)) if question.is_answered(given) else ""
            equal(f"{question.title} of {student.name} in the gradebook", row.points[block_id], wanted)
        wanted = answers.as_shown(answers.total(job.questions, student.sheet))
        equal(f"all points of {student.name} in the gradebook", row.total, wanted)
    takers = {one.username for one in job.takers}
    others = sorted(name for name, row in rows.items() if name not in takers and any(row.points.values()))
    equal("others with points in the gradebook", others, [])
    _grade_view(job)
    told = ", ".join(f"{one.name} {answers.as_shown(answers.total(job.questions, one.sheet))}" for one in job.takers)
    return f"of {answers.as_shown(job.possible)} points: {told}; equal in the gradebook, the Grade view and REST"


def _grade_view(job: Job) -> None:
    path = f"sessions/{job.room.uuid}/grades"
    found = job.staff.call("GET", f"{path}?page_size=100").json
    rows = {one["username"]: one for one in found["results"]}
    page = grade_rows(job.staff.open(f"/assessprep/sessions/{job.room.uuid}/grade/").page)
    counts = dict.fromkeys(found["bands"], 0)
    for student in job.takers:
        earned = answers.total(job.questions, student.sheet)
        row, shown = rows[student.username], page[student.username]
        band = answers.band(earned, job.possible)
        counts[band] += 1
        seen = (answers.as_shown(answers.Fraction(row["earned"])), answers.as_shown(answers.Fraction(row["possible"])))
        equal(f"points of {student.name} in REST", seen, (answers.as_shown(earned), answers.as_shown(job.possible)))
        equal(f"status and score range of {student.name} in REST", (row["status"], row["band"]), ("scored", band))
        equal(
            f"points of {student.name} on the Grade page",
            (shown["earned"], shown["possible"]),
            (_two_places(earned), _two_places(job.possible)),
        )
        true(f"the words for {student.name} on the Grade page", "Scored" in shown["Status"], expected="“Scored”")
        least, most = band.split("-")
        equal(f"the score range of {student.name} on the Grade page", shown["Score range"], f"{least} to {most} %")
    equal("how many results are in each score range", found["bands"], counts)
    wanted = {"unattempted": job.assigned - 3, "working": 0, "ungraded": 0, "partly": 0, "scored": 3}
    equal("how many results have each status", found["statuses"], wanted)
    assert job.guesser is not None
    true("the words for who never started", "Unattempted" in page[job.guesser.username]["Status"], expected="“Unattempted”")
    scored = job.staff.open(f"/assessprep/sessions/{job.room.uuid}/grade/?status=scored").page
    equal("students on the Grade page filtered by Scored", set(grade_rows(scored)), {one.username for one in job.takers})
    for student in job.takers:
        job.staff.open(f"/assessprep/attempts/{student.attempt}/")


def _two_places(points: answers.Fraction) -> str:
    """As the Grade page rounds for readers."""
    return f"{float(points):.2f}".rstrip("0").rstrip(".") or "0"


def students_see_their_own_result(job: Job) -> str:
    """Each student's receipt and Progress page say the score; the author sees counts, never a name."""
    for student in job.takers:
        browser = job.person(student.username)
        receipt = job.reload(student)["receipt"]
        earned = answers.as_shown(answers.total(job.questions, student.sheet))
        score = receipt["score"] or {}
        seen = {name: answers.as_shown(answers.Fraction(value)) for name, value in score.items()}
        equal(
            f"the score on the receipt of {student.name}",
            seen,
            {"earned": earned, "possible": answers.as_shown(job.possible)},
        )
        progress = browser.open(f"/courses/{job.course}/progress").page
        line = next((one.get_text(" ", strip=True) for one in progress.select("#content p")), "")
        numbers = [answers.as_shown(answers.Fraction(one)) for one in re.findall(r"\d+(?:\.\d+)?", line)]
        equal(f"the Progress page of {student.name}", numbers, [earned, answers.as_shown(job.possible)])
        for path in (f"/courses/{job.course}/gradebook", f"/courses/{job.course}/tracking"):
            among(f"{path} for a student", browser.open(path, want=None).status, (403, 404))
        for view in ("", "monitor/", "grade/"):
            browser.open(f"/assessprep/sessions/{job.room.uuid}/{view}", want=404)
    quick, careless = job.quick, job.careless
    assert quick is not None and careless is not None
    job.person(quick.username).call("GET", f"attempts/{careless.attempt}", want=404)
    return f"receipts and Progress pages say the scores; {_author_sees_counts(job)}"


def _author_sees_counts(job: Job) -> str:
    author = job.person(AUTHOR)
    usage = author.call("GET", f"assessments/{job.assessment}/usage").json["results"]
    mine = [one for one in usage if one["session"] == job.room.name]
    equal("the author's count of the session", [(one["joined"], one["submitted"]) for one in mine], [(4, 3)])
    text = main_of(author.open(f"/assessprep/library/assessments/{job.assessment}/").page).get_text(" ")
    equal("names of students on the author's page", [one.name for one in job.takers if one.name in text], [])
    return "the author sees 4 joined, 3 submitted and no name"


# -- logs -------------------------------------------------------------------------------------------------------------
def the_platform_logged_each_answer(job: Job) -> str:
    """The platform's own tracking log has a problem_check for each answer that was handed in, and no other."""
    events = events_of(job.staff.open(f"/courses/{job.course}/tracking").page)
    checks = [event for event in events if event["name"] == "problem_check"]
    for student in job.takers:
        typed = sum(not one.is_dragged and one.is_answered(student.sheet[one.name]) for one in job.questions)
        mine = sum(event["who"] == str(student.user_id) for event in checks)
        equal(f"problem_check events of {student.name}", mine, typed)
    takers = {str(one.user_id) for one in job.takers}
    equal("problem_check events of others", [event["who"] for event in checks if event["who"] not in takers], [])
    told = [event["name"] for event in events if any(lines_with(event["data"], code) for code in _codes(job))]
    equal("events of our own that tell a code", [name for name in told if name.startswith("edx.assessprep")], [])
    return f"{len(checks)} problem_check events, one for each answered question"


def _codes(job: Job) -> list[str]:
    return [room.code for room in (job.main, job.neighbour, job.tomorrow) if room]


def the_server_told_no_code_and_no_error(job: Job) -> str:
    """The server's own output holds no session code and no error, and no request was answered with 500 or more."""
    log = job.demo.log()
    for code in _codes(job):
        equal("lines of the server's output that tell a session code", lines_with(log, code), [])
    equal("errors in the server's output", errors_in(log), [])
    equal("requests answered with 500 or more", [one for one in job.record.requests if one["status"] >= 500], [])
    return f"no code and no error in {len(log.splitlines())} lines; {len(job.record.requests)} requests, none failed"
