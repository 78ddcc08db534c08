"""Wrong codes, counted exactly: by the database alone, so that neither a lost cache nor forty guesses at once help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, NoReturn

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Q, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from ... import conf
from ..sessions.models import GuestTries, WrongTries
from ..shared.prepared import Given, PreparedRead
from ..shared.refusals import Refusal
from ..shared.winning import Lost

SALT = "assessprep.guest.network"


@dataclass(frozen=True)
class Budget:
    """Whose wrong tries are counted together, in one course run, and how many there may be within the window."""

    model: Any
    owner: Mapping[str, Any]
    most: int
    counted: PreparedRead[Any]

    @property
    def rows(self) -> QuerySet[Any]:
        """The one row that counts them, where there is one."""
        return self.model.objects.filter(**self.owner)

    def read(self) -> Any:
        """What was counted so far, in one query."""
        return next(iter(self.counted(**self.owner)), None)

    def spent(self, now: datetime) -> Exists:
        """Whether there are too many, asked at the very moment of joining: behind where wrong ones are counted."""
        return Exists(self.rows.filter(self._too_many(now)))

    def _too_many(self, now: datetime) -> Q:
        return Q(wrong__gte=self.most, since__gt=now - window())

    def check(self, tries: Any, now: datetime) -> None:
        """Refuse whoever is known to have too many tries, before anything is looked up."""
        if tries and tries.wrong >= self.most and tries.since > now - window():
            _refuse(tries, now)

    def check_again(self, now: datetime) -> None:
        """Read the tries again, behind where wrong ones are counted."""
        again = self.rows.filter(self._too_many(now)).first()
        if again is not None:
            _refuse(again, now)

    def count(self, tries: Any, now: datetime) -> None:
        """Count a wrong try, exactly: one conditional statement that the row's lock puts in a line with all others.

        Outside any transaction: the refusal that follows must not take the count back.
        """
        if tries is None:
            try:
                with transaction.atomic():
                    self.model.objects.create(**self.owner, wrong=1, since=now)
            except IntegrityError as other:
                raise Lost from other
            return
        row = self.model.objects.filter(pk=tries.pk, since=tries.since)
        if tries.since <= now - window():
            if not row.update(wrong=1, since=now):
                raise Lost
            return
        if not row.filter(wrong__lt=self.most).update(wrong=F("wrong") + 1):
            _refuse(tries, now)


_RUN = Given("course_key", WrongTries._meta.get_field("course_key"))
_LEARNER = Given("learner_id", WrongTries._meta.get_field("learner"))
_NETWORK = Given("network", GuestTries._meta.get_field("network"))
_of_learner = PreparedRead(lambda: WrongTries.objects.filter(learner_id=_LEARNER, course_key=_RUN))
_of_network = PreparedRead(lambda: GuestTries.objects.filter(network=_NETWORK, course_key=_RUN))


def of_learner(learner_id: int, course_key: Any) -> Budget:
    """The tries of one account in one run: nobody else can spend them."""
    owner = {"learner_id": learner_id, "course_key": str(course_key)}
    return Budget(WrongTries, owner, most_wrong(), _of_learner)


def most_wrong() -> int:
    """How many wrong codes one account may type in one run within the window."""
    return conf.get_int("ASSESSPREP_WRONG_TRIES")


def of_network(address: str, course_key: Any) -> Budget:
    """The tries of people without an account from one network in one run."""
    owner = {"network": digest_of(address), "course_key": str(course_key)}
    return Budget(GuestTries, owner, conf.get_int("ASSESSPREP_GUEST_WRONG_TRIES"), _of_network)


def digest_of(address: str) -> str:
    """A network address as it is kept: keyed, so that nobody finds it by trying. Of IPv6 the /64, which one line has."""
    try:
        here: Any = ip_address(address)
    except ValueError:
        here = address
    here = getattr(here, "ipv4_mapped", None) or here
    if isinstance(here, IPv6Address):
        here = ip_network((here, 64), strict=False)
    return salted_hmac(SALT, str(here), algorithm="sha256").hexdigest()


def window() -> timedelta:
    """How long tries are counted together."""
    return timedelta(seconds=conf.get_int("ASSESSPREP_WRONG_TRIES_WINDOW"))


def _refuse(tries: Any, now: datetime) -> NoReturn:
    wait = max(1, int((tries.since + window() - now).total_seconds()) + 1)
    raise Refusal("too_many_tries", retry_after=wait, wait=_("{n} min").format(n=(wait + 59) // 60))
