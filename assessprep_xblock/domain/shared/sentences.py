"""What each refusal says to the person who meets it: one sentence each, translated, with what to do next."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .refusals import Refusal

SENTENCES = {
    "malformed": gettext_lazy("The request could not be read."),
    "invalid": gettext_lazy("“{field}” cannot be used: {why}"),
    "too_large": gettext_lazy("“{field}” is too long. At most {limit} are accepted."),
    "forbidden": gettext_lazy("You do not have the role that this needs."),
    "not_found": gettext_lazy("There is nothing here for you."),
    "code_wrong": gettext_lazy("This code does not open a session for you. Check the digits, or ask your teacher."),
    "pin_wrong": gettext_lazy("Session code and PIN do not belong together. Check the digits, or ask your teacher."),
    "signed_in_already": gettext_lazy(
        "Somebody is signed in on this device already. Sign out first, or take the test with that account."
    ),
    "guest_elsewhere": gettext_lazy("As a guest you can take your test, and nothing else here."),
    "too_many_tries": gettext_lazy("Too many tries. Wait {wait} and try again, or ask your teacher to clear the tries."),
    "not_open_yet": gettext_lazy("The code is right, but this session opens {opens}. Come back then."),
    "session_closed": gettext_lazy("The code is right, but this session is closed. Ask your teacher."),
    "already_submitted": gettext_lazy("You have already handed in this assessment."),
    "in_another_session": gettext_lazy("You have already joined this assessment in another session. Ask your teacher."),
    "not_admitted": gettext_lazy("You are in the waiting room. The test begins when your teacher lets you in."),
    "not_enrolled": gettext_lazy("You are not enrolled in this course. Ask your teacher to enrol you."),
    "not_assigned": gettext_lazy(
        "No session of this assessment names you now. If your teacher gave you a code, type it; else ask your teacher."
    ),
    "guests_full": gettext_lazy(
        "All {limit} places for guests of this session are taken. Ask the invigilator to put you on its list."
    ),
    "code_needed": gettext_lazy("Type the code of your session. Your teacher tells you."),
    "wrong_network": gettext_lazy("This test can only be taken from the rooms of your school. Ask your teacher."),
    "too_late_to_start": gettext_lazy("The time to start this test is over. Ask your teacher."),
    "not_begun": gettext_lazy("The test begins for everybody when your teacher starts it. This page notices by itself."),
    "honesty_needed": gettext_lazy("Read the statement and agree to it before you start."),
    "other_device": gettext_lazy("Your test is open on another device ({device}). Go on there, or ask your teacher."),
    "away_too_long": gettext_lazy("The test goes on when your teacher lets you in again. Raise your hand."),
    "no_attempt_left": gettext_lazy("You have taken this assessment as often as it is allowed ({allowed})."),
    "denied": gettext_lazy("You were not let into this session. Ask your teacher."),
    "marked_absent": gettext_lazy("You are marked as absent from this session. Ask your teacher."),
    "question_closed": gettext_lazy("This question is not open to you now."),
    "unavailable": gettext_lazy("The platform does not answer just now. Nothing is lost: try again in a moment."),
    "checked_at_hand_in": gettext_lazy("Your answers are checked when you hand in the whole test."),
    "held": gettext_lazy("The test is paused. Your answers are kept and the clock stands still."),
    "being_prepared": gettext_lazy("The test is being made ready. Try again in a moment, or tell your teacher."),
    "not_started": gettext_lazy("The test has not been started."),
    "not_in_progress": gettext_lazy("The test is no longer open for answers."),
    "time_over": gettext_lazy("The time for this test is over."),
    "grace_over": gettext_lazy("The time to submit is over. What you saved is kept; your teacher decides what happens now."),
    "question_left": gettext_lazy("You have gone on from this question, so its answer stays as it was."),
    "voided": gettext_lazy("This attempt was declared void. Ask your teacher."),
    "stale_draft": gettext_lazy("A newer version of this answer is already saved."),
    "state_changed": gettext_lazy("Something changed at the same moment. Look at the page again."),
    "taken_again": gettext_lazy(
        "The student has begun the assessment once more since; that attempt is the one to work with."
    ),
    "move_refused": gettext_lazy("This is not possible while the attempt is “{status}”."),
    "nothing_left": gettext_lazy("No time would be left for this student. Give more minutes."),
    "nothing_lost": gettext_lazy("Nothing was lost in this interval that is not made up for already."),
    "moved_since": gettext_lazy("This student was moved to the session “{session}” since. Go on in its Monitor."),
    "changed_since": gettext_lazy("Something else happened to this student since. Reopen the test instead."),
    "too_late_to_undo": gettext_lazy("This can be undone for {minutes} minutes only. Reopen the test instead."),
    "handin_running": gettext_lazy("The answers are just being handed in. Try again in a moment."),
    "not_joined": gettext_lazy("This student has not joined the session."),
    "not_reversible": gettext_lazy("This entry cannot be reversed, or was reversed before."),
    "claimed": gettext_lazy("{name} is helping this student."),
    "not_published": gettext_lazy("This session is not published."),
    "already_published": gettext_lazy("This session is already published."),
    "archived": gettext_lazy("This session is archived. Unarchive it first."),
    "has_attempts": gettext_lazy("Students have already joined this session, so this can no longer be done."),
    "students_working": gettext_lazy("Students are still working in this session ({count}). End it in the Monitor first."),
    "lint_errors": gettext_lazy("The session cannot be published yet: {problems}"),
    "code_space_full": gettext_lazy(
        "Nearly all codes of this course run are in use. Archive old sessions, or ask the operator for longer codes."
    ),
    "already_begun": gettext_lazy("The test has already begun."),
    "already_held": gettext_lazy("This is already paused."),
    "not_held": gettext_lazy("This is not paused."),
    "stale_version": gettext_lazy(
        "Somebody else changed this in the meantime. Load the page again; your text is still here."
    ),
    "in_two_sessions": gettext_lazy(
        "{count} students would be in “{session}” and in “{other}”, which are open at the same time: {students}. "
        "Take them out of one of the two, or let one close before the other opens. Who is absent: mark them absent in the "
        "Monitor of “{other}”, or wait until it lets nobody in any more (“No first start later than”) or is over."
    ),
    "rows_wrong": gettext_lazy("{count} rows have problems, so nothing was made. Line {line}: {problem}"),
    "close_in_the_past": gettext_lazy(
        "“{field}” lies in the past, and the session is published. To stop a running session, use End in the Monitor."
    ),
    "nothing_to_publish": gettext_lazy("This assessment has never been published in Studio. Publish its unit there first."),
    "unpublished_changes": gettext_lazy(
        "Studio holds changes that are not published. Publish or discard them in Studio first."
    ),
    "no_questions": gettext_lazy("This assessment has no question."),
    "ungradable_question": gettext_lazy("“{question}” can never be given a score. Repair it or take it out."),
    "unsuitable_question": gettext_lazy("“{question}” cannot be used: {why}"),
    "no_points": gettext_lazy("“{question}” is worth no points. Give it a weight, or take it out."),
    "missing_tags": gettext_lazy("“{question}” names no standard, and this bank wants one for each question."),
    "bank_closed": gettext_lazy(
        "Your organization may not start sessions from this question bank now. Sessions that are published go on."
    ),
    "unit_gone": gettext_lazy(
        "The unit of this assessment was deleted from the course, and students have worked in it. Put it back in Studio."
    ),
    "withdrawn": gettext_lazy("This version was withdrawn by its author. Choose another one."),
    "setting_locked": gettext_lazy("“{field}” is decided by the assessment's author."),
    "setting_out_of_range": gettext_lazy("“{field}” has to be between {least} and {most}."),
    "settings_contradict": gettext_lazy("“{field}” cannot be used: {why}"),
    "placement_not_ready": gettext_lazy("The assessment is not in the course yet. Add it to the course first."),
    "placement_in_use": gettext_lazy("Students have already worked on this placement, so its version stays."),
    "platform_unavailable": gettext_lazy("The learning platform could not do this now. Try again in a moment."),
    "mark_out_of_range": gettext_lazy("Points have to be between 0 and {most}."),
    "not_submitted": gettext_lazy("This attempt is not handed in yet."),
    "report_not_ready": gettext_lazy("This report is still being prepared. Open the Analyse page to see how far it is."),
    "mark_step": gettext_lazy("Points go in steps of {step}."),
    "reason_needed": gettext_lazy("The question was scored by the platform. Say why you give it other points."),
    "grade_pending": gettext_lazy("The platform has not taken this answer yet. Try again in a moment."),
    "leased": gettext_lazy("{who} has this submission open and is marking it. Take it over, or come back later."),
    "never_released": gettext_lazy(
        "Results of this session are never shown to students. Change its setting “Results are shown” first."
    ),
    "question_dropped": gettext_lazy("This question no longer counts, so it takes no points. Undo the correction first."),
    "not_a_correction": gettext_lazy("This version cannot correct what students sat: “{question}”: {why}."),
    "preview_first": gettext_lazy("Look at what would change first; then it can be applied."),
    "marked_by_you": gettext_lazy(
        "You gave one of the two marks of this answer. The other one has to come from somebody else."
    ),
    "round_taken": gettext_lazy("Somebody else has given this mark. Load the page again to give the other one."),
    "both_marks_in": gettext_lazy(
        "Both marks are in and can no longer be changed one by one. Settle what counts, and give a reason."
    ),
    "second_mark_missing": gettext_lazy(
        "Two marks are needed before anybody can settle what counts: the second is missing."
    ),
    "settling_reason_needed": gettext_lazy("Say why these points count: both markers will read it."),
    "nothing_to_undo": gettext_lazy("Nobody has marked this question, so there is nothing to undo."),
}


def sentence(refusal: Refusal) -> str:
    """The refusal in words, in the reader's language."""
    text = str(SENTENCES[refusal.code])
    facts = {name: str(value) for name, value in refusal.facts.items()}
    if facts.get("why"):
        # Marked for translation where it is raised, in modules that know no framework.
        facts["why"] = _(facts["why"])
    try:
        if facts.get("why"):
            facts["why"] = facts["why"].format(**facts)
        return text.format(**facts)
    except (KeyError, IndexError, ValueError):
        return _("This is not possible now.")
