"""Waiting for what is looked for, never for so many seconds: a busy machine is slower than any number somebody chose."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

#: Longer than anything takes; only what never comes is waited for until then.
PATIENCE_S = 90.0


def eventually(true: Callable[[], Any], *, page: Any = None) -> Any:
    """The first value of ``true()`` that is one; ``page``: whose events go on meanwhile. What never comes fails the test."""
    until = time.monotonic() + PATIENCE_S
    while not (value := true()):
        assert time.monotonic() < until, f"it did not come within {PATIENCE_S:g} s"
        if page is None:
            time.sleep(0.05)
        else:
            page.wait_for_timeout(50)
    return value


def drawn(page: Any) -> None:
    """Two frames later: what a change of the window's size or a script's last word does to the page is done."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


#: Resolves once nothing of ours has changed for a moment, but for clocks; after ten seconds in any case.
_STILL = """() => new Promise((done) => {
    let timer = setTimeout(done, 300);
    const ours = document.querySelector(".assessprep") || document.body;
    const watch = new MutationObserver((all) => {
        if (all.every((one) => one.type === "characterData")) return;
        clearTimeout(timer);
        timer = setTimeout(done, 300);
    });
    watch.observe(ours, { childList: true, subtree: true });
    setTimeout(done, 10000);
})"""


def still(page: Any) -> None:
    """Wait until the page's script has drawn what it has to. A page that polls may never be quiet on the network."""
    where_it_stays(lambda: page.evaluate(_STILL))


def where_it_stays(read: Callable[[], Any]) -> Any:
    """What ``read()`` finds on a page that may load itself anew meanwhile: then on the page that came."""
    from playwright.sync_api import Error

    for _again in range(10):
        try:
            return read()
        except Error as problem:
            if "context was destroyed" not in str(problem):
                raise
    return read()
