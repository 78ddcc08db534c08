"""The seam between this product and the learning platform it runs in."""

from functools import lru_cache

from django.utils.module_loading import import_string

from assessprep_xblock import conf

from .base import Lms


@lru_cache(maxsize=1)
def _gateway(dotted: str) -> Lms:
    return import_string(dotted)()


def get_lms() -> Lms:
    """The platform we run in, chosen by the setting ``ASSESSPREP_LMS`` (a dotted path to a class of :class:`Lms`)."""
    return _gateway(conf.get_str("ASSESSPREP_LMS"))
