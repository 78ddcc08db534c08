"""Public signals in the manner of openedx-events: connect to them from another plugin, or send them over the event bus.

Sent after the commit, in the process that made the change; a receiver that raises is logged and disturbs nobody. ``apps.py``
imports this module before any app is ready, so that the event bus knows the types when it reads its configuration.
"""

from __future__ import annotations

from openedx_events.tooling import OpenEdxPublicSignal

from .data import AttemptData, SessionData, VersionData

# .. event_type: org.assessprep.learning.attempt.joined.v1
# .. event_name: ATTEMPT_JOINED
# .. event_key_field: attempt.uuid
# .. event_description: A learner typed the right code of a session and joined it.
# .. event_data: AttemptData
ATTEMPT_JOINED = OpenEdxPublicSignal("org.assessprep.learning.attempt.joined.v1", {"attempt": AttemptData})

# .. event_type: org.assessprep.learning.attempt.started.v1
# .. event_name: ATTEMPT_STARTED
# .. event_key_field: attempt.uuid
# .. event_description: A learner pressed Start: questions are served and the clock runs.
# .. event_data: AttemptData
ATTEMPT_STARTED = OpenEdxPublicSignal("org.assessprep.learning.attempt.started.v1", {"attempt": AttemptData})

# .. event_type: org.assessprep.learning.attempt.ended.v1
# .. event_name: ATTEMPT_ENDED
# .. event_key_field: attempt.uuid
# .. event_description: An invigilator closed answering; the hand-in follows by itself.
# .. event_data: AttemptData
ATTEMPT_ENDED = OpenEdxPublicSignal("org.assessprep.learning.attempt.ended.v1", {"attempt": AttemptData})

# .. event_type: org.assessprep.learning.attempt.submitted.v1
# .. event_name: ATTEMPT_SUBMITTED
# .. event_key_field: attempt.uuid
# .. event_description: A test was handed in: by the learner, by staff, or by the server when time was over.
# .. event_data: AttemptData
ATTEMPT_SUBMITTED = OpenEdxPublicSignal("org.assessprep.learning.attempt.submitted.v1", {"attempt": AttemptData})

# .. event_type: org.assessprep.learning.session.published.v1
# .. event_name: SESSION_PUBLISHED
# .. event_key_field: session.uuid
# .. event_description: A session became visible to its students and got a code. The code is not told.
# .. event_data: SessionData
SESSION_PUBLISHED = OpenEdxPublicSignal("org.assessprep.learning.session.published.v1", {"session": SessionData})

# .. event_type: org.assessprep.learning.session.archived.v1
# .. event_name: SESSION_ARCHIVED
# .. event_key_field: session.uuid
# .. event_description: A session was taken out of sight; its data stay.
# .. event_data: SessionData
SESSION_ARCHIVED = OpenEdxPublicSignal("org.assessprep.learning.session.archived.v1", {"session": SessionData})

# .. event_type: org.assessprep.learning.session.results_released.v1
# .. event_name: SESSION_RESULTS_RELEASED
# .. event_key_field: session.uuid
# .. event_description: Results were released to students and to the platform's gradebook.
# .. event_data: SessionData
SESSION_RESULTS_RELEASED = OpenEdxPublicSignal(
    "org.assessprep.learning.session.results_released.v1", {"session": SessionData}
)

# .. event_type: org.assessprep.content_authoring.version.published.v1
# .. event_name: VERSION_PUBLISHED
# .. event_key_field: version.uuid
# .. event_description: An author published an assessment: schools are offered this version.
# .. event_data: VersionData
VERSION_PUBLISHED = OpenEdxPublicSignal("org.assessprep.content_authoring.version.published.v1", {"version": VersionData})

#: Event of the catalogue -> the signal that tells the same.
SIGNALS: dict[str, OpenEdxPublicSignal] = {
    "attempt.joined": ATTEMPT_JOINED,
    "attempt.started": ATTEMPT_STARTED,
    "attempt.ended": ATTEMPT_ENDED,
    "attempt.submitted": ATTEMPT_SUBMITTED,
    "session.published": SESSION_PUBLISHED,
    "session.archived": SESSION_ARCHIVED,
    "session.results_released": SESSION_RESULTS_RELEASED,
    "version.published": VERSION_PUBLISHED,
}
