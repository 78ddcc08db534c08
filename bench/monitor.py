"""What the Monitor's own page does with 1,000 rows while students work: the longest task of an update, in Chromium.

By the clock, and of a browser that shares the machine: told with its goal, and no test. How much of the page an update
touches is a test (``tests/browser/test_monitor.py``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from playwright.sync_api import sync_playwright

from bench.rows import Row
from bench.servers import python, stack

ROWS = 1_000
UPDATES = 5
#: Tasks that held the page up for longer than 50 ms, and what the longest of them took.
WATCH = """window.longest = 0; new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.longest = Math.max(window.longest, one.duration);
}).observe({ type: "longtask", buffered: true });"""
#: Whether so many rows show so many answers.
DRAWN = """([answered, rows]) =>
    [...document.querySelectorAll("#monitor-rows progress")].filter((one) => one.value === answered).length === rows"""


def run(note: Callable[[str], None]) -> list[Row]:
    """Rows of the table."""
    with stack() as servers, sync_playwright() as playwright:
        note(f"{ROWS:,} students")
        room = json.loads(python(servers.environment, "-m", "bench.room", "room"))
        made = json.loads(python(servers.environment, "-m", "bench.crowd", "make", str(ROWS)))
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        address = f"http://127.0.0.1:{servers.port}"
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": room["cookie"], "value": room["staff"], "url": address}])
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(f"{address}/assessprep/sessions/{made['session']}/monitor/")
        page.wait_for_function(f"() => document.querySelectorAll('#monitor-rows tr').length === {ROWS}", timeout=120_000)
        page.wait_for_timeout(3_000)
        first = page.evaluate("() => window.longest")

        def touch(share: int, answered: int) -> int:
            """One in so many rows has so many answers now; how many rows that are."""
            given = ("touch", made["session"], str(share), str(answered))
            return int(json.loads(python(servers.environment, "-m", "bench.crowd", *given))["changed"])

        def longest_of(share: int, updates: int) -> float:
            """The longest task of updates in each of which one in ``share`` rows changed; each is waited for."""
            longest = 0.0
            for update in range(updates):
                note(f"one in {share}: update {update + 1} of {updates}")
                page.evaluate("() => { window.longest = 0; }")
                # Each says another number than the one before, so that what is looked for is what was drawn now.
                answered = 6 + update % 2
                page.wait_for_function(DRAWN, arg=[answered, touch(share, answered)], timeout=120_000)
                page.wait_for_timeout(1_000)
                longest = max(longest, page.evaluate("() => window.longest"))
            return longest

        few = longest_of(100, UPDATES)
        page.wait_for_function(DRAWN, arg=[5, touch(1, 5)], timeout=120_000)
        everybody = longest_of(1, 2)
        browser.close()
    name = f"Monitor's page, {ROWS:,} rows"
    return [
        Row(f"{name}: longest task of an update with 1 % changed (0: none over 50)", "<= 100", few, "ms"),
        Row(f"{name}: longest task of an update in which every row changed", "<= 100", everybody, "ms"),
        Row(f"{name}: longest task while it opens", "", first, "ms"),
    ]
