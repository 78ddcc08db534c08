"""Switches that spoil one part of the embedded LMS, read from the environment, for negative controls.

A check that cannot fail proves nothing: each control runs the main job with one of these set and expects it to fail.

=================================  ==================================================================================
``DEVLMS_WITHOUT_GATE_MIXIN``      the gate's block mixin is taken out of ``XBLOCK_MIXINS``
``DEVLMS_WITHOUT_GATE_MIDDLEWARE`` the gate's middleware (LMS and Studio) is taken out of ``MIDDLEWARE``
``DEVLMS_WITHOUT_GATE``            both of the above
``DEVLMS_HAND_IN_DROPS_DRAFTS``    ``hand_in`` submits every question empty
``DEVLMS_CHANGE_ONE_KEY``          ``hand_in`` grades one question by another answer key: the source block id given, or
                                   ``1`` for the first question handed in that has marked choices (a key changed in the
                                   copy would be found as drift before anybody is graded)
``DEVLMS_HAND_IN_FAILS_WHILE``     ``hand_in`` breaks down as long as there is a file of this name, and what withdraws and
                                   restores scores
``DEVLMS_WRONG_TRIES``             the number becomes ``settings.ASSESSPREP_WRONG_TRIES``
=================================  ==================================================================================
"""

from __future__ import annotations

import os
import re

GATE = "assessprep_xblock.gate."


def switch(name: str) -> str:
    """The value of one switch, empty where it is off (unset, empty or ``0``)."""
    value = os.environ.get(name, "")
    return "" if value == "0" else value


def spoil_settings(settings) -> None:
    """Apply the switches that are settings. Runs last, after every plugin has had its say."""
    if switch("DEVLMS_WITHOUT_GATE") or switch("DEVLMS_WITHOUT_GATE_MIXIN"):
        settings.XBLOCK_MIXINS = tuple(mixin for mixin in settings.XBLOCK_MIXINS if not str(mixin).startswith(GATE))
    if switch("DEVLMS_WITHOUT_GATE") or switch("DEVLMS_WITHOUT_GATE_MIDDLEWARE"):
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith(GATE)]
    if switch("DEVLMS_WRONG_TRIES"):
        settings.ASSESSPREP_WRONG_TRIES = int(switch("DEVLMS_WRONG_TRIES"))


def hand_in_drops_drafts() -> bool:
    """Whether ``hand_in`` shall lose what it was given."""
    return bool(switch("DEVLMS_HAND_IN_DROPS_DRAFTS"))


def hand_in_fails() -> bool:
    """Whether ``hand_in``, and what withdraws and restores scores, shall break down now."""
    path = switch("DEVLMS_HAND_IN_FAILS_WHILE")
    return bool(path) and os.path.exists(path)


def with_changed_key(block_id: str, data: str, already: list[str]) -> str:
    """This question's OLX as ``hand_in`` grades it; ``already`` remembers that one key was changed."""
    wanted = switch("DEVLMS_CHANGE_ONE_KEY")
    if not wanted or already or (wanted != "1" and wanted != block_id) or "<choice " not in data:
        return data
    already.append(block_id)
    flip = {"true": "false", "false": "true"}
    return re.sub(r'correct="(true|false)"', lambda found: f'correct="{flip[found.group(1).lower()]}"', data, flags=re.I)
