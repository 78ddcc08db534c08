"""On which device a test runs: a browser's own random name, noticed with every call and never trusted for more than that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

COOKIE = "assessprep_device"
#: Looked for in this order: everybody claims to be Safari, and Edge to be Chrome.
BROWSERS = ("Edg", "OPR", "SamsungBrowser", "Firefox", "CriOS", "Chrome", "Safari")
NAMES = {"Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet", "CriOS": "Chrome"}
SYSTEMS = ("iPhone", "iPad", "Android", "CrOS", "Windows", "Macintosh", "Linux")
SYSTEM_NAMES = {"CrOS": "ChromeOS", "Macintosh": "Mac"}


@dataclass(frozen=True)
class Device:
    """A browser: ``key`` is the random name a cookie gave it ("" where it has none), ``label`` what it calls itself, and
    ``address`` where it is, None where nobody looked."""

    key: str = ""
    label: str = ""
    address: str | None = None


NO_DEVICE = Device()


def read_device(cookies: Mapping[str, str], agent: str, address: str | None = None) -> Device:
    """The browser behind a call, out of its cookies and its User-Agent: "Firefox, Windows"."""
    key = cookies.get(COOKIE, "")
    browser = next((name for name in BROWSERS if name in agent), "")
    system = next((name for name in SYSTEMS if name in agent), "")
    words = [NAMES.get(browser, browser), SYSTEM_NAMES.get(system, system)]
    known = re.fullmatch(r"[A-Za-z0-9_-]{16,64}", key)
    return Device(key=key if known else "", label=", ".join(word for word in words if word), address=address)


def is_other(device: Device, known: str) -> bool:
    """Whether this is another device than the one the test runs on; one that hides its name is."""
    return bool(known) and device.key != known
