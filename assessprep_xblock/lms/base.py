"""What this product asks of a learning platform: one contract, kept by the real Open edX and by the embedded one.

Every learner, member of staff or author is named by the primary key of Django's user model (``user_id``). Courses are named
by ``CourseKey``, blocks by ``UsageKey`` without branch or version. All datetimes are aware. Nothing here takes or returns a
request: a door reads the request, the domain hands values on.

A method raises nothing but what its docstring names. :class:`LmsError` means "the platform could not do it now": callers
keep what they have and try again later.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from opaque_keys.edx.keys import CourseKey, UsageKey

from .facts import (
    Answers,
    CourseRun,
    Graded,
    Kept,
    Membership,
    Organization,
    Person,
    Question,
    SchoolClass,
    Score,
    Snapshot,
    StoredScore,
    UnitPlace,
)

__all__ = [
    "Answers",
    "ContentError",
    "CourseRun",
    "Graded",
    "Kept",
    "Lms",
    "LmsError",
    "Membership",
    "OnlyInStudio",
    "Organization",
    "Person",
    "Question",
    "SchoolClass",
    "Score",
    "Snapshot",
    "StoredScore",
    "UnitPlace",
]


class LmsError(Exception):
    """The platform could not do this now. The message is for staff and logs, never shown to a student."""


class ContentError(LmsError):
    """The content asked for is not there, or is not what it was when the version was published."""


class OnlyInStudio(LmsError):
    """Course content is written by Studio's processes, and this is none of them."""


class Lms(ABC):
    """The platform. All look-ups are bulk: one call answers for many learners, in a constant number of queries."""

    #: Django template that every page of ours extends (blocks ``title``, ``headextra``, ``body``, ``bodyextra``).
    page_shell: str

    #: What a tab of a course derives from, so that the platform finds everything it asks of one. A property where looking
    #: it up imports the platform.
    course_tab_base: type = object

    # -- people and roles ------------------------------------------------------------------------------------------
    @abstractmethod
    def is_course_staff(self, user_id: int, course_key: CourseKey) -> bool:
        """Whether this person is staff (or instructor, or global staff) of this run. One query at most per request."""

    @abstractmethod
    def staff_course_runs(self, user_id: int) -> list[CourseRun]:
        """The runs this person is staff of, by name."""

    @abstractmethod
    def learner_course_runs(self, user_id: int) -> list[CourseRun]:
        """The runs this person is actively enrolled in, by name."""

    @abstractmethod
    def is_enrolled(self, user_id: int, course_key: CourseKey) -> bool:
        """Whether this person is actively enrolled in this run."""

    @abstractmethod
    def membership(self, user_id: int, course_key: CourseKey) -> Membership:
        """Enrolment and classes of one person as a learner of one run: one query where the platform allows it, two at most.

        Agrees with :meth:`learners`: whoever is staff of the run, or of the site, is not enrolled by this answer.
        """

    @abstractmethod
    def people(self, user_ids: Collection[int]) -> dict[int, Person]:
        """Names of these people, in one query; unknown ids are left out."""

    @abstractmethod
    def find_person(self, text: str) -> Person | None:
        """The active account whose user name or e-mail address is exactly ``text``, or None; one query."""

    @abstractmethod
    def find_people(self, texts: Collection[str]) -> dict[str, Person]:
        """For each text that is a whole user name or e-mail address, the active account of it; a user name goes first.

        One query for each thousand texts.
        """

    @abstractmethod
    def person_behind(self, pseudonym: str) -> int | None:
        """The account behind the name that blocks are given in place of one ("anonymous user id"), or None."""

    @abstractmethod
    def learners(
        self,
        course_key: CourseKey,
        *,
        everyone: bool = False,
        class_ids: Collection[int] = (),
        user_ids: Collection[int] = (),
    ) -> dict[int, Person]:
        """Active learners (never course staff) of a run who are in one of the classes or are named, or all of them.

        At most two queries whatever the numbers. ``Person.classes`` holds the learner's class ids of this run.
        """

    @abstractmethod
    def each_learner(
        self,
        course_key: CourseKey,
        *,
        everyone: bool = False,
        class_ids: Collection[int] = (),
        user_ids: Collection[int] = (),
    ) -> Iterator[Person]:
        """The same people one by one, by ascending ``user_id``: for files, which hold nobody longer than a line.

        Two queries, read as they are asked for; of ten thousand learners only some hundred are in memory at a time.
        """

    @abstractmethod
    def search_learners(self, course_key: CourseKey, text: str, *, limit: int = 20) -> list[Person]:
        """Active learners of a run whose user name, full name or e-mail address contains ``text``, by name."""

    @abstractmethod
    def classes(self, course_key: CourseKey) -> list[SchoolClass]:
        """The classes (cohorts) of a run, by name."""

    @abstractmethod
    def classes_of(self, user_id: int, course_key: CourseKey) -> tuple[int, ...]:
        """Ids of the classes of this run that this learner is in. Never assigns anybody to one."""

    # -- guests without an account ---------------------------------------------------------------------------------
    @abstractmethod
    def make_guest(self, course_key: CourseKey, *, name: str, domain: str) -> int:
        """Make a throw-away account for somebody without one, enrolled in this run as a learner; returns its ``user_id``.

        It has a user name nobody can guess, a password nobody can type, an address at ``domain``, ``name`` as its full name
        and no role. No mail is sent to it, now or by the run's own mailings. Belongs to the caller's transaction and is
        undone with it. Raises :class:`LmsError` where the platform does not let anybody be enrolled.
        """

    @abstractmethod
    def sign_out_guest(self, user_id: int) -> None:
        """Sign this guest out of every browser. Raises :class:`LmsError` for an account that is no guest's."""

    @abstractmethod
    def retire_guest(self, user_id: int) -> None:
        """Take away a guest's name, enrolment and way in; the account stays under a name that says nobody.

        Safe to repeat, and for an account that is gone. Raises :class:`LmsError` for an account that is no guest's.
        """

    @abstractmethod
    def expect_sign_in(self, user_id: int | None) -> None:
        """Say that this very request changes who is signed in to this account; None: to nobody."""

    # -- organizations ---------------------------------------------------------------------------------------------
    @abstractmethod
    def organizations(self) -> list[Organization]:
        """Every organization of the site, by name."""

    @abstractmethod
    def course_run(self, course_key: CourseKey) -> CourseRun | None:
        """This run with its organization, or None where there is no such run."""

    # -- content ---------------------------------------------------------------------------------------------------
    @abstractmethod
    def snapshot(self, container_key: UsageKey) -> Snapshot:
        """The published content below this block. Raises :class:`ContentError` where the block was never published."""

    @abstractmethod
    def copy_version(
        self,
        *,
        pin: str,
        into: UsageKey,
        effective: Mapping[str, Mapping[str, Any]],
        by: int,
        told: Callable[[int], None] | None = None,
    ) -> list[Question]:
        """Copy the pinned questions below ``into`` (draft branch), replacing what is there, and return them.

        ``told`` is called after each block with how many are done. What it raises ends the copy where it is: the same call
        made again goes on, and makes the same.

        Safe to repeat: child ids are the same every time (derived from the pin's keys and ``into``). ``effective`` gives,
        by the *source* question's block id, the field values written explicitly on the copy. Where a test hides results
        the caller includes that here. Raises :class:`ContentError` where the pin cannot be read.
        """

    @abstractmethod
    def source_block_ids(self, container_key: UsageKey) -> dict[str, str]:
        """For each copied question below this block, its block id -> the block id it was copied from."""

    @abstractmethod
    def blocks_below_ours(self, course_key: CourseKey) -> frozenset[UsageKey]:
        """Every block below any block of ours on the published branch of a run, at any depth. Cheap where there is none."""

    @abstractmethod
    def publish(self, container_key: UsageKey, *, by: int) -> None:
        """Publish the unit this block stands in."""

    @abstractmethod
    def place(self, course_key: CourseKey, *, title: str, by: int) -> UsageKey:
        """Make a unit with an empty block of ours in the subsection "Common Assessments" of a run; return the block's key.

        Raises :class:`LmsError` where this process cannot write course content (staff then add the block in Studio).
        """

    @abstractmethod
    def unit_place(self, container_key: UsageKey) -> UnitPlace | None:
        """Where the block stands, as students find it, or None where it is not (or no longer) in the course."""

    # -- answers and scores ----------------------------------------------------------------------------------------
    @abstractmethod
    def score_item(self, usage_key: UsageKey, learner_id: int, answers: Answers, *, olx: str = "") -> Score:
        """Grade these answers by the platform's own grading *without writing anything*: no state, no grade, no event.

        ``earned`` is None for a question that a person has to mark. Uses the seed this learner saw. A text that the question
        cannot read ("12 m/s" for a number) earns nothing, as in :meth:`hand_in`. ``olx``: as if the question read so; inputs
        keep their names. Raises :class:`LmsError` where the question cannot be graded.
        """

    @abstractmethod
    def hand_in(
        self, container_key: UsageKey, learner_id: int, answers: Mapping[UsageKey, Answers]
    ) -> dict[UsageKey, Graded]:
        """Submit these answers for real as this learner, once each, with due dates, attempt limits and waits lifted.

        The platform keeps state, score and its own events, and rolls the grade up into the gradebook. Handing the same
        question in twice overwrites: the caller claims each (attempt, question) first. Only the platform's words
        ``correct``, ``incorrect`` and ``submitted`` count as accepted. A text that the question cannot read is handed in as
        an empty one, because nobody is there to type again (:mod:`.readable`). Never raises for one question's failure.
        """

    @abstractmethod
    def set_score(self, usage_key: UsageKey, learner_id: int, points: float, *, counts: bool = True) -> Score:
        """Give a question these points by the platform's own way to override a score, as a person's mark; returns what is
        stored now, weighted as its gradebook shows it.

        ``points``: of the question's weight, between 0 and its most. ``counts`` False: 0 of 0, so that the question is left
        out of what this learner's grade is made of, until it is given points again. The learner's answer stays; whoever
        listens is told of the score. Safe to repeat. Raises :class:`LmsError` where it cannot be stored now.
        """

    @abstractmethod
    def as_answered(self, usage_key: UsageKey, learner_id: int, answers: Answers) -> str:
        """The question's HTML as this learner saw it, with these answers filled in, and nothing written.

        For a frame that runs no script. Raises :class:`LmsError` where it cannot be drawn.
        """

    @abstractmethod
    def scores(self, usage_keys: Collection[UsageKey], learner_ids: Collection[int]) -> dict[tuple[int, UsageKey], Score]:
        """The platform's stored scores, weighted as its gradebook shows them, in one query; absent where none is stored."""

    @abstractmethod
    def remember_attempt(self, container_key: UsageKey, learner_id: int, attempt_uuid: str) -> None:
        """Write the attempt's id into the block's ``user_state``, so that state reports and resets work. Safe to repeat."""

    @abstractmethod
    def archive_and_reset(self, container_key: UsageKey, learner_id: int, *, by: int) -> dict[UsageKey, Kept]:
        """Let this learner begin anew: what the platform keeps of them in this block and below is taken away and returned.

        Afterwards there is no state, no seed and no score; the gradebook shows 0 of N until something is handed in again.
        What comes back is nowhere else: keep it. Belongs to the caller's transaction, and is undone with it. Safe to
        repeat: where nothing is kept nothing comes back. The removed scores are not told to :meth:`on_score_changed`. ``by``
        is the account in whose name it is done. Raises :class:`LmsError`, inside a transaction that then has to be given up,
        where the platform cannot do it now.
        """

    @abstractmethod
    def withdraw_scores(self, container_key: UsageKey, learner_id: int) -> dict[UsageKey, StoredScore]:
        """Let this learner's scores of all questions below this block count for nothing; returns them as they were stored.

        The gradebook then shows each question as not attempted, 0 of its points; answers, seeds and everything else of the
        learner's state stay. What comes back is nowhere else: keep it. Belongs to the caller's transaction, and is undone
        with it. Safe to repeat: what is not scored does not come back. None of it is told to :meth:`on_score_removed`.
        Raises :class:`LmsError` where the block is not in the course.
        """

    @abstractmethod
    def restore_scores(self, container_key: UsageKey, learner_id: int, stored: Mapping[UsageKey, StoredScore]) -> None:
        """Put back what :meth:`withdraw_scores` returned, to the last digit; the gradebook follows.

        A question that is gone since is left out. Belongs to the caller's transaction. Safe to repeat.
        """

    @abstractmethod
    def is_resetting(self) -> bool:
        """Whether :meth:`archive_and_reset` is at work right here: what blocks are told of deleted state is then our own."""

    @abstractmethod
    def on_score_removed(self, receiver: Callable[[int, UsageKey, Score], None]) -> None:
        """Call ``receiver(learner_id, usage_key, score)`` when staff delete a learner's state of a question in the platform.

        ``score`` is what the gradebook shows from then on: 0 of its points. What we reset ourselves stays untold.
        """

    @abstractmethod
    def on_score_changed(self, receiver: Callable[[int, UsageKey, Score], None]) -> None:
        """Call ``receiver(learner_id, usage_key, score)`` whenever the platform stores a score; deleted ones stay untold."""

    @abstractmethod
    def on_course_published(self, receiver: Callable[[CourseKey], None]) -> None:
        """Call ``receiver(course_key)`` after content of a run was published."""

    @abstractmethod
    def offers_our_block(self, course_key: CourseKey) -> bool:
        """Whether authors find our block among the advanced components of this run in Studio; True for an unknown run."""

    @abstractmethod
    def on_user_retired(self, receiver: Callable[[int], None]) -> None:
        """Call ``receiver(user_id)`` when an account is retired: what the receiver raises stops the platform's retirement.

        May be told twice of one account.
        """

    # -- the rest --------------------------------------------------------------------------------------------------
    @abstractmethod
    def track(self, name: str, data: Mapping[str, Any], *, user_id: int | None, course_key: CourseKey) -> None:
        """Emit a tracking event ``edx.assessprep.<name>``. Never raises."""

    @abstractmethod
    def masquerading_as_student(self, user_id: int, course_key: CourseKey, session: Mapping[str, Any]) -> bool:
        """Whether this member of staff views the course as a student would (the platform's "View this course as")."""

    @abstractmethod
    def unit_urls(self, container_keys: Iterable[UsageKey]) -> dict[UsageKey, str]:
        """Addresses of the pages on which students find these blocks."""

    @abstractmethod
    def block_url(self, container_key: UsageKey) -> str:
        """Address of a page that shows this block alone, without the course around it. No query."""

    @abstractmethod
    def studio_url(self, container_key: UsageKey) -> str:
        """Address of the block's own page in Studio."""

    @abstractmethod
    def studio_page(self, path: str) -> str:
        """Address in Studio of our page at ``path``, because content is written there; "" where it can be written here."""

    @abstractmethod
    def gradebook_url(self, course_key: CourseKey) -> str:
        """Address of the run's gradebook."""

    @abstractmethod
    def course_tabs(self, user_id: int, course_key: CourseKey) -> Sequence[tuple[str, str]]:
        """(title, address) of the run's tabs for this person, for pages that draw the course's navigation themselves."""
