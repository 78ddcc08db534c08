"""What a test reads of the tracking log: the events themselves, as they leave the platform's tracker."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from typing import Any


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        event = json.loads(record.getMessage())
        if event["name"].startswith("edx.assessprep."):
            self.events.append(event)


@contextlib.contextmanager
def tracked() -> Iterator[list[dict[str, Any]]]:
    """Our events that reach the tracking log inside the block, oldest first."""
    handler, logger = _Kept(), logging.getLogger("tracking")
    logger.addHandler(handler)
    try:
        yield handler.events
    finally:
        logger.removeHandler(handler)


def names(events: list[dict[str, Any]]) -> list[str]:
    """Their names without the prefix."""
    return [event["name"].removeprefix("edx.assessprep.") for event in events]
