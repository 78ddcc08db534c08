"""What every noun writes to."""

from django.conf import settings
from django.db import models

#: Whoever signs in: the platform's user model.
ACCOUNT = settings.AUTH_USER_MODEL


class AuditRow(models.Model):
    """One change, told once. Never updated, never deleted while its session stands.

    ``session_id`` and ``attempt_id`` are plain numbers without a foreign key: an INSERT with one would take a shared lock
    on the parent row, and the trail has to outlive what it tells of.

    ``reason`` is the one column that can be taken away again, because somebody typed it about somebody: then
    ``reason_digest`` holds what a seal is made of, and ``reason_salt``, without which a digest can be guessed, goes with it.

    .. pii: who acted and on whose attempt, by account id; the reason that was typed.
    .. pii_types: id, other
    .. pii_retirement: local_api, retained
    """

    at = models.DateTimeField()
    by = models.ForeignKey(ACCOUNT, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    action = models.CharField(max_length=40)
    session_id = models.BigIntegerField(null=True)
    attempt_id = models.BigIntegerField(null=True)
    change_no = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    reason_salt = models.CharField(max_length=32, blank=True)
    reason_digest = models.CharField(max_length=64, blank=True)
    facts = models.JSONField(default=dict)

    #: The attempt itself, in memory only, where whoever wrote the row held it (see :func:`.audit.record`).
    of: models.Model | None = None

    class Meta:
        app_label = "assessprep"
        indexes = [
            models.Index(fields=["session_id", "id"], name="assessprep_audit_session"),
            models.Index(fields=["attempt_id", "id"], name="assessprep_audit_attempt"),
        ]

    def __str__(self) -> str:
        return f"{self.action} at {self.at:%Y-%m-%d %H:%M:%S}"


class AuditSeal(models.Model):
    """One hash over the audit rows of a session up to ``last_row``. Added and never changed.

    .. no_pii: a hash, and what it was made of.
    """

    session_id = models.BigIntegerField()
    at = models.DateTimeField()
    last_row = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        app_label = "assessprep"
        indexes = [models.Index(fields=["session_id"], name="assessprep_seal_session")]

    def __str__(self) -> str:
        return f"{self.rows} rows of {self.session_id}"
