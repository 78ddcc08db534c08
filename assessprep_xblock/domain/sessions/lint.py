"""What stands between a session and its students, told before it is published, and where to mend it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import LmsError

from ..library import delivery, drift
from ..library import queries as library
from ..shared.refusals import Refusal
from ..shared.sentences import SENTENCES
from ..shared.sentences import sentence as in_words
from . import codes, guests, queries, rosters, rules
from .clock import SECOND
from .findings import Problem, error, warning
from .lint_company import company
from .models import AssessmentSession


def lint(session: AssessmentSession, now: datetime) -> list[Problem]:
    """Everything found, errors first."""
    found = [
        *_bank(session, now),
        *_placement(session),
        *_settings(session),
        *_window(session, now),
        *_roster(session),
        *_code(session, now),
        *_guests(session),
        *_results(session),
        *company(session, now),
    ]
    return sorted(found, key=lambda problem: problem.severity != "error")


def _bank(session: AssessmentSession, now: datetime) -> list[Problem]:
    """A session that is published goes on; no other begins where the author has closed the bank to this organization."""
    bank = session.placement.version.assessment.bank
    if session.lifecycle == "published" or library.may_start(
        bank=bank, organization=session.placement.organization, now=now
    ):
        return []
    return [error("bank_closed", str(SENTENCES["bank_closed"]), "placement")]


def _placement(session: AssessmentSession) -> list[Problem]:
    placement = session.placement
    if placement.state not in ("ready", "drifted") or placement.usage_key is None:
        why = placement.problem or _("The assessment is not in the course yet. Add it to the course first.")
        return [error("placement_not_ready", why, "placement")]
    place = get_lms().unit_place(placement.usage_key)
    if place is None:
        return [
            error(
                "unit_missing",
                _("The assessment's unit is no longer in the course. Put it back in Studio, or use another session."),
                "studio",
            )
        ]
    found = []
    if not place.published:
        found.append(error("unit_not_published", _("The assessment's unit is not published in Studio."), "studio"))
    elif not place.visible_to_students:
        sentence = _("Students cannot see the assessment's unit: it, or what it stands in, is hidden or not released yet.")
        found.append(error("unit_hidden", sentence, "studio"))
    if not place.graded:
        sentence = _("The subsection of the assessment is not graded, so its scores do not count in the gradebook.")
        found.append(warning("not_graded", sentence, "studio"))
    if place.timed:
        sentence = _("The subsection is a timed exam of the platform, whose clock would run against the session's.")
        found.append(warning("timed_exam", sentence, "studio"))
    if library.is_withdrawn(placement.version):
        found.append(warning("withdrawn", _("The author has withdrawn this version of the assessment."), "placement"))
    return found + _drift(session)


def _drift(session: AssessmentSession) -> list[Problem]:
    try:
        changed = drift.drift_of(session.placement)
    except LmsError:
        return [
            error("content_unreadable", _("The published questions could not be read. Try again in a moment."), "studio")
        ]
    by_question: dict[str, list[str]] = {}
    for one in changed:
        by_question.setdefault(one.question, []).append(drift.what_words(one.what))
    return [
        error(
            "drifted",
            _("“{question}” is not what its author published: {what}. Restore the assessment.").format(
                question=question, what=", ".join(dict.fromkeys(what))
            ),
            "placement",
        )
        for question, what in by_question.items()
    ]


def _settings(session: AssessmentSession) -> list[Problem]:
    """What a newer version of the assessment has changed under the session's own settings."""
    version = session.placement.version
    refused = delivery.no_longer_allowed(session.overrides, version.settings)
    sentence = _(
        "“{setting}” was changed by your school, and version {number} of the assessment no longer allows that. The author's "
        "value is in force. Edit the session and save it: as it is now, or with another value."
    )
    found = [
        error(
            "setting_not_allowed",
            sentence.format(setting=_(delivery.BY_NAME[name].label), number=version.number),
            "settings",
            name,
        )
        for name in refused
    ]
    try:
        delivery.check_together(queries.settings_of(session))
    except Refusal as against:
        field = against.facts["field"]
        against.facts["field"] = _(delivery.BY_NAME[field].label)
        found.append(error(against.code, in_words(against), "settings", field))
    return found


def _window(session: AssessmentSession, now: datetime) -> list[Problem]:
    values = queries.settings_of(session)
    settings = rules.delivery(session.placement.version.settings, session.overrides)
    if settings.closes_us is None:
        return []
    if rules.clock(session, settings).closed(now):
        return [error("window_over", _("The session closes in the past. Choose another time."), "settings", "closes_at")]
    opens_us = settings.opens_us if settings.opens_us is not None else rules.clock(session, settings).time(now)
    if settings.closes_us - opens_us < settings.duration_s * SECOND and not settings.let_finish:
        sentence = _("The window is shorter than the {minutes} minutes a student has; the close will cut the test short.")
        minutes = values["duration_s"] // delivery.BY_NAME["duration_s"].unit
        return [warning("window_short", sentence.format(minutes=minutes), "settings", "closes_at")]
    return []


def _roster(session: AssessmentSession) -> list[Problem]:
    found = []
    roster = session.roster
    if not rosters.assigned(session):
        if queries.settings_of(session)["guests"]:
            found.append(warning("only_guests", _("Nobody is assigned; only guests can enter with the code."), "roster"))
        else:
            found.append(error("nobody_assigned", _("Nobody is assigned. Choose classes or students."), "roster"))
    if roster["classes"] and set(roster["classes"]) - {one.id for one in get_lms().classes(session.course_key)}:
        found.append(warning("class_gone", _("A class of this session no longer exists in the course."), "roster"))
    return found


def _code(session: AssessmentSession, now: datetime) -> list[Problem]:
    if session.live_code is None and codes.is_full(session.course_key, now):
        sentence = _("Nearly all codes of this course run are in use. Archive old sessions.")
        return [error("code_space_full", sentence, "settings")]
    return []


def _guests(session: AssessmentSession) -> list[Problem]:
    """What is said of guests without an account."""
    settings = rules.delivery(session.placement.version.settings, session.overrides)
    if not (settings.guests and settings.guests_no_account):
        return []
    if not guests.is_guest_run(session.course_key):
        sentence = _("Guests need an account after all: your operator has not opened this course run to people without one.")
        return [warning("guests_not_here", sentence, "settings", "guests_no_account")]
    if not (settings.guests_wait or settings.waiting_room):
        sentence = _("Whoever has the code is in, under any name, and nobody has looked. Let guests wait to be let in.")
        return [warning("guests_unseen", sentence, "settings", "guests_wait")]
    return []


def _results(session: AssessmentSession) -> list[Problem]:
    values = queries.settings_of(session)
    titles = library.own_state_titles(session.placement.version)
    if titles and values["release"] != "on_submit":
        sentence = _("“{question}” shows its score at once, before you release the results.").format(question=titles[0])
        return [warning("score_at_once", sentence, "settings", "release")]
    return []
