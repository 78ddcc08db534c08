"""What the embedded LMS tells plugins, as the platform's own Django signals do."""

from django.dispatch import Signal

#: ``user_id, usage_key, earned, possible`` (weighted): a score was stored.
score_changed = Signal()

#: The same, told as 0 of what is possible: staff deleted a learner's state.
score_removed = Signal()

#: ``course_key``: content of a run was published.
course_published = Signal()

#: ``user``: an account is taken away for good; its row stays, under a name that says nobody.
user_retired = Signal()
