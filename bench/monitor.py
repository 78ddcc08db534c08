"""What the Monitor's own page does with 1,000 rows while students work: the longest task of an update, in Chromium.

The goal is held against the processor time of the page's own thread, out of the browser's trace: by the clock a task is as
much longer as the machine has other things to do, which is told beside it. How much of the page an update touches is a test
(``tests/browser/test_monitor.py``).
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
#: Whether so many rows show so many answers.
DRAWN = """([answered, rows]) =>
    [...document.querySelectorAll("#monitor-rows progress")].filter((one) => one.value === answered).length === rows"""


#: The browser's tasks, each with its time by the clock and on the processor.
TASKS = ["toplevel"]


def longest(trace: bytes) -> tuple[float, float]:
    """The longest task of the pages' own threads in a trace of Chromium: on the processor, and by the clock, in ms."""
    events = json.loads(trace)["traceEvents"]
    own = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    tasks = [one for one in events if one["ph"] == "X" and (one["pid"], one["tid"]) in own and "tdur" in one]
    return max(one["tdur"] for one in tasks) / 1000, max(one["dur"] for one in tasks) / 1000


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
        browser.start_tracing(page=page, categories=TASKS)
        page.goto(f"{address}/assessprep/sessions/{made['session']}/monitor/")
        page.wait_for_function(f"() => document.querySelectorAll('#monitor-rows tr').length === {ROWS}", timeout=120_000)
        page.wait_for_timeout(3_000)
        opening = longest(browser.stop_tracing())

        def touch(share: int, answered: int) -> int:
            """One in so many rows has so many answers now; how many rows that are."""
            given = ("touch", made["session"], str(share), str(answered))
            return int(json.loads(python(servers.environment, "-m", "bench.crowd", *given))["changed"])

        def longest_of(share: int, updates: int) -> tuple[float, float]:
            """The longest task of updates in each of which one in ``share`` rows changed; each is waited for."""
            browser.start_tracing(page=page, categories=TASKS)
            for update in range(updates):
                note(f"one in {share}: update {update + 1} of {updates}")
                # Each says another number than the one before, so that what is looked for is what was drawn now.
                answered = 6 + update % 2
                page.wait_for_function(DRAWN, arg=[answered, touch(share, answered)], timeout=120_000)
                page.wait_for_timeout(1_000)
            return longest(browser.stop_tracing())

        few = longest_of(100, UPDATES)
        page.wait_for_function(DRAWN, arg=[5, touch(1, 5)], timeout=120_000)
        every = longest_of(1, 2)
        browser.close()
    rows = []
    for what, (processor, clock), goal in (
        ("an update with 1 % changed", few, "<= 100"),
        ("an update in which every row changed", every, "<= 100"),
        ("opening it", opening, ""),
    ):
        name = f"Monitor's page, {ROWS:,} rows: longest task of {what}"
        rows += [Row(name, goal, processor, "CPU ms"), Row(f"{name}, by the clock", "", clock, "ms")]
    return rows
