"""The main job as a list of steps, and what they hand to each other."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

from tests.tables import rows_of

from . import answers
from .browser import Browser, Record, in_address
from .checks import Deviation
from .server import Demo

SCHOOL_STAFF, OTHER_STAFF, AUTHOR, INVIGILATOR = "staff-a", "staff-b", "author", "invigilator"


@dataclass(frozen=True)
class Room:
    """One session as staff know it."""

    uuid: str
    name: str
    code: str


@dataclass
class Student:
    """Somebody who takes the test: the account, what is answered, and what the page knows of the attempt."""

    username: str
    user_id: int
    name: str
    sheet: answers.Sheet = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def attempt(self) -> str:
        """The attempt's public id."""
        return str(self.state["attempt"])

    def hear(self, state: dict[str, Any]) -> dict[str, Any]:
        """Remember what the server said of the attempt."""
        self.state = {**self.state, **state}
        return state


@dataclass
class Job:
    """One run: the demo, the seed, the people at their browsers, and what was made so far."""

    demo: Demo
    record: Record
    rng: random.Random
    title: str
    questions: list[answers.Question]
    sheets: list[answers.Sheet]
    homes: dict[str, BeautifulSoup] = field(default_factory=dict)
    people: dict[str, Browser] = field(default_factory=dict)

    bank_course: str = ""
    course: str = ""
    other_course: str = ""
    bank_title: str = ""
    source_keys: list[str] = field(default_factory=list)
    assessment: str = ""
    version: str = ""
    placement: str = ""
    usage_key: str = ""
    keys: list[str] = field(default_factory=list)
    unit: str = ""

    main: Room | None = None
    neighbour: Room | None = None
    tomorrow: Room | None = None
    #: submits at once; types a wrong code first, then submits; never submits; only tries codes; sits in the other room;
    #: is on no list of the main session
    quick: Student | None = None
    careless: Student | None = None
    slow: Student | None = None
    guesser: Student | None = None
    next_door: Student | None = None
    stranger: Student | None = None
    assigned: int = 0

    def person(self, username: str) -> Browser:
        """Somebody's browser, signed in when it is first needed."""
        if username not in self.people:
            self.people[username] = Browser(self.demo.site, username, self.record)
            if username != "nobody":
                self.homes[username] = self.people[username].sign_in(self.demo.password)
        return self.people[username]

    @property
    def staff(self) -> Browser:
        """Staff of the school where the test takes place."""
        return self.person(SCHOOL_STAFF)

    @property
    def takers(self) -> list[Student]:
        """The three whose scores are compared."""
        found = [self.quick, self.careless, self.slow]
        assert all(found)
        return found  # type: ignore[return-value]

    @property
    def room(self) -> Room:
        """The session that the job is about."""
        assert self.main is not None
        return self.main

    @property
    def possible(self) -> answers.Fraction:
        """The points of the whole assessment."""
        return sum((question.points for question in self.questions), answers.Fraction(0))

    # -- addresses ------------------------------------------------------------------------------------------------------
    def question_page(self, key: str) -> str:
        """A question as a page of its own."""
        return f"/xblock/{in_address(key)}"

    def handler(self, key: str, handler: str, *, course: str = "", kind: str = "handler") -> str:
        """A handler of a question, by one of the platform's two routes."""
        return f"/courses/{course or self.course}/xblock/{in_address(key)}/{kind}/{handler}"

    def verify(self, student: Student, code: str) -> Any:
        """Type a code and press Verify Session Code; whatever is answered."""
        path = f"placements/{in_address(self.usage_key)}/verify"
        answer = self.person(student.username).call("POST", path, {"code": code}, want=None)
        if answer.status == 200:
            student.hear(answer.json)
        return answer

    def beat(self, student: Student, **more: Any) -> Any:
        """One heartbeat of a student's page; 204 says that nothing is new."""
        body = {"token": student.state["token"], "notice_no": student.state["notice_no"], **more}
        answer = self.person(student.username).call("POST", f"attempts/{student.attempt}/beat", body, want=None)
        if answer.status == 200:
            student.hear(answer.json)
        return answer

    def reload(self, student: Student) -> dict[str, Any]:
        """What a student's page fetches when it is loaded."""
        return student.hear(self.person(student.username).call("GET", f"attempts/{student.attempt}").json)

    @property
    def invigilator(self) -> Browser:
        """Who watches the session, once staff have invited this person."""
        return self.person(INVIGILATOR)

    def monitor(self, room: Room, *, by: Browser | None = None) -> dict[str, Any]:
        """The whole picture of a session, as staff see it or somebody else."""
        picture = (by or self.staff).call("GET", f"sessions/{room.uuid}/monitor").json
        return {**picture, "rows": rows_of(picture)}

    def close(self) -> None:
        """Close every browser."""
        for browser in self.people.values():
            browser.close()


@dataclass(frozen=True)
class Outcome:
    """How a run ended. ``step`` is empty where everything was as it should be."""

    seed: int
    step: str = ""
    sentence: str = ""
    #: The step noticed something itself; False where it fell over on the way.
    noticed: bool = True
    seconds: float = 0.0
    requests: int = 0

    @property
    def ok(self) -> bool:
        """Whether the main job was done."""
        return not self.step


Step = Callable[[Job], str]


def steps() -> list[tuple[str, Step]]:
    """The steps in order, each with the name by which a failure is reported."""
    from . import gate, prepare, results, room

    return [
        ("sign in", prepare.everybody_signs_in),
        ("author", prepare.author_publishes_version_1),
        ("school staff", prepare.school_places_it_and_adds_sessions),
        ("other schools", prepare.other_schools_see_nothing),
        ("gate", gate.questions_stay_shut_before_the_start),
        ("codes", room.codes_open_only_ones_own_session),
        ("wrong tries", room.the_sixth_wrong_code_has_to_wait),
        ("start and answer", room.students_start_and_answer),
        ("monitor", room.invigilator_watches_pauses_and_announces),
        ("hand in", results.two_submit_and_one_runs_out_of_time),
        ("gradebook", results.gradebook_holds_the_expected_scores),
        ("receipt", results.students_see_their_own_result),
        ("tracking log", results.the_platform_logged_each_answer),
        ("server log", results.the_server_told_no_code_and_no_error),
    ]


def walk(
    demo: Demo, *, seed: int, file: Path, say: Callable[[str], None], sheets: list[answers.Sheet] | None = None
) -> Outcome:
    """Do the main job once, telling each step as it is done; write every request into ``file``."""
    began = time.monotonic()
    rng = random.Random(seed)
    title, questions = answers.read_assessment()
    drawn = sheets or answers.draw_sheets(questions, rng, students=3)
    record = Record(file, seed)
    job = Job(demo=demo, record=record, rng=rng, title=title, questions=questions, sheets=drawn)
    name, outcome = "", None
    try:
        for number, (name, step) in enumerate(steps(), start=1):
            record.step = name
            say(f"{number:2}  {name:<17} {step(job)}")
        outcome = Outcome(seed)
    except Deviation as deviation:
        outcome = Outcome(seed, name, str(deviation))
    except Exception as error:  # noqa: BLE001  (whatever went wrong in a step is told as that step's failure)
        where = error.__traceback__
        while where is not None and where.tb_next is not None and "smoke" in where.tb_next.tb_frame.f_code.co_filename:
            where = where.tb_next
        line = f"{Path(where.tb_frame.f_code.co_filename).name}:{where.tb_lineno}" if where else "?"
        outcome = Outcome(seed, name, f"could not go on: {type(error).__name__}: {error} ({line})", noticed=False)
    finally:
        job.close()
        record.outcome = (
            "main job ok" if outcome and outcome.ok else f"{name}: {outcome.sentence if outcome else 'interrupted'}"
        )
        record.write()
    seconds = time.monotonic() - began
    return Outcome(outcome.seed, outcome.step, outcome.sentence, outcome.noticed, seconds, len(record.requests))
