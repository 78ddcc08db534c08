"""On which device a test runs: a browser's own random name, noticed with every call and never trusted for more than that."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Device:
    """A browser: ``key`` is the random name a cookie gave it ("" where it has none), ``label`` what it calls itself."""

    key: str = ""
    label: str = ""


NO_DEVICE = Device()


def is_other(device: Device, known: str) -> bool:
    """Whether this is another device than the one the test runs on. A browser that keeps no cookies is nobody's other."""
    return bool(device.key and known and device.key != known)
