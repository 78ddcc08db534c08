"""What only a real edx-platform can show: ``make test-edxapp``. Each module runs in one of the platform's two processes."""

from importlib.util import find_spec

import pytest


def only_in(process: str) -> None:
    """Skip the module that calls this everywhere but in the process ``lms`` or ``cms`` of a real platform."""
    if find_spec("xmodule") is None:
        pytest.skip("needs a real edx-platform: make test-edxapp", allow_module_level=True)
    from django.conf import settings

    if not str(settings.ROOT_URLCONF).startswith(f"{process}."):
        pytest.skip(f"runs in {process}: make test-edxapp", allow_module_level=True)
