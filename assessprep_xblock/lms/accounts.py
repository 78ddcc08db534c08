"""Accounts by what people write for them. Django's own table of accounts is the same on every platform."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

#: How many names one query asks for.
AT_ONCE = 1000


def accounts_named(texts: Collection[str]) -> dict[str, Any]:
    """Active accounts, with their profiles, by the user name or e-mail address that was written; who means nobody is left
    out.

    One query for each thousand texts. Of addresses the case does not count, as far as the index takes it so. A user name
    goes before an address; of two accounts with one address the older counts.
    """
    wanted = sorted(set(texts))
    found: dict[str, Any] = {}
    for begin in range(0, len(wanted), AT_ONCE):
        part = wanted[begin : begin + AT_ONCE]
        named = Q(username__in=part) | Q(email__in={*part, *map(str.lower, part)})
        users = get_user_model().objects.filter(named, is_active=True).select_related("profile").order_by("-pk")
        addresses: dict[str, Any] = {}
        names: dict[str, Any] = {}
        for user in users:
            addresses[user.email.lower()] = user
            names[user.username] = user
        for text in part:
            account = names.get(text) or (addresses.get(text.lower()) if text else None)
            if account is not None:
                found[text] = account
    return found
