"""The services blocks ask their runtime for, in the shape the LMS gives them."""

from __future__ import annotations

import hashlib
import re

import crum
from django.core.cache import cache
from django.utils import translation
from xblock.reference.user_service import UserService, XBlockUser


class I18nService:
    """Django's translations, for blocks."""

    def __getattr__(self, name):
        return getattr(translation, name)

    def strftime(self, moment, form):
        """A date as text."""
        return moment.strftime({"SHORT_DATE": "%b %d, %Y", "DATE_TIME": "%b %d, %Y at %H:%M"}.get(form, form))

    def get_javascript_i18n_catalog_url(self, block):
        """No catalogue: blocks bring their own."""
        return


class LearnerService(UserService):
    """The learner a block is bound to."""

    def __init__(self, user, *, is_staff: bool) -> None:
        super().__init__()
        self._user = user
        self._is_staff = is_staff

    def get_current_user(self) -> XBlockUser:
        """The learner, with the attributes of the LMS."""
        user = self._user
        known = bool(user and user.is_authenticated)
        person = XBlockUser(
            is_current_user=True,
            emails=[user.email] if known else [],
            full_name=_full_name(user) if known else None,
        )
        person.opt_attrs = {
            "edx-platform.user_id": user.pk if known else None,
            "edx-platform.username": user.username if known else None,
            "edx-platform.user_is_staff": self._is_staff,
            "edx-platform.user_role": "staff" if self._is_staff else "student",
            "edx-platform.anonymous_user_id": anonymous_id(user.pk) if known else None,
            "edx-platform.deprecated_anonymous_user_id": anonymous_id(user.pk) if known else None,
            "edx-platform.is_authenticated": known,
            "edx-platform.user_is_beta_tester": False,
        }
        return person


def anonymous_id(user_id: int) -> str:
    """A name for a learner that does not say who it is."""
    return hashlib.md5(f"devlms {user_id}".encode(), usedforsecurity=False).hexdigest()


def _full_name(user) -> str:
    profile = getattr(user, "profile", None)
    return profile.name if profile else user.get_full_name() or user.username


class SandboxService:
    """No code of a question is ever run here."""

    def can_execute_unsafe_code(self) -> bool:
        """Never."""
        return False

    def get_python_lib_zip(self):
        """None: there is no library of a course."""
        return


class ReplaceUrlsService:
    """Replaces the ``/static/`` names of course files; there is no contentstore, so they keep their address."""

    def replace_urls(self, text, static_replace_only=False):
        """The text as a plain ``str``: a safe string would not be escaped in an attribute and break the page."""
        return re.sub(r"^", "", str.__str__(text)) if isinstance(text, str) else text


class CallToActionService:
    """The platform's service, with its habit of needing the current request."""

    def get_ctas(self, block, category, completed=False):
        """No calls to action. Like the platform's, it fails where no request is under way."""
        crum.get_current_request().user  # noqa: B018  (kept: code that hands in outside a request must set one)
        return []


class SettingsService:
    """Settings of a block type for the whole site: none."""

    def get_settings_bucket(self, block, default=None):
        """The default."""
        return default if default is not None else {}


def services_for(user, *, is_staff: bool, field_data) -> dict[str, object]:
    """Every service a block may ask for, by name."""
    return {
        "field-data": field_data,
        "user": LearnerService(user, is_staff=is_staff),
        "i18n": I18nService(),
        "cache": cache,
        "sandbox": SandboxService(),
        "replace_urls": ReplaceUrlsService(),
        "call_to_action": CallToActionService(),
        "settings": SettingsService(),
    }
