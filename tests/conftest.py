"""What every test may ask for: the time, threads that start together, private servers, a browser."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest

from tests import services
from tests.required import (  # noqa: F401  (pytest finds hooks by their names here)
    pytest_runtest_logreport,
    pytest_sessionfinish,
    pytest_terminal_summary,
)

try:
    import hypothesis
except ImportError:  # on a real platform, where no test asks for it
    pass
else:
    # The same examples in every run: one that fails fails everywhere, and none fails for being slow on a busy machine.
    # To look for others: pytest --hypothesis-profile=default.
    hypothesis.settings.register_profile(
        "house", derandomize=True, deadline=None, database=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("house")

#: A Monday morning in school time, with nothing special about it.
NOW = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """The moment at which a test takes place: Monday 14 September 2026, 09:00 UTC."""
    return NOW


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    """No test finds what an earlier one left in the caches of this process.

    Rows are rolled back and their numbers given out again, so a session's notice or a run's guards, kept for some seconds
    under such a number, would otherwise be those of another test: now and then, depending on order and on speed.
    """
    from django.core.cache import cache
    from edx_django_utils.cache import RequestCache

    cache.clear()
    RequestCache.clear_all_namespaces()


# -- the database -------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Let ``ASSESSPREP_TEST_DB`` name a file for SQLite: a browser's parallel requests need a connection each."""
    from django.db import connections

    default = connections["default"]
    if (name := os.environ.get("ASSESSPREP_TEST_DB")) and default.vendor == "sqlite":
        default.settings_dict["TEST"]["NAME"] = name


@pytest.fixture(scope="session")
def django_db_use_migrations(request: pytest.FixtureRequest) -> bool:
    """Migrations make the tables on MariaDB; on SQLite the models do, in a twentieth of the time and in every process.

    That both come to the same is looked at there, and by ``make quality``. The browser's run asks for the models, too.
    """
    return os.environ.get("ASSESSPREP_ON_MARIADB") == "1" and not request.config.getvalue("nomigrations")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test marked ``mariadb`` runs on MariaDB or not at all: on SQLite it would pass and prove nothing."""
    if item.get_closest_marker("mariadb") is None:
        return
    from django.db import connection

    if connection.vendor == "mysql":
        return
    if os.environ.get("ASSESSPREP_ON_MARIADB") == "1":
        pytest.fail(f"a private MariaDB was started, but the settings chose {connection.vendor}")
    pytest.skip("needs MariaDB: make test, or python -m tests.services python -m pytest -m mariadb")


# -- races --------------------------------------------------------------------------------------------------------------
Outcome = Any


def run_together(*calls: Callable[[], Any], timeout: float = 300) -> list[Outcome]:
    """Run these at the same moment, a thread and a database connection each; results, or exceptions, in the same order.

    Every thread has its connection open before the common start. A thread that does not end within ``timeout`` seconds
    fails the test: two transactions that wait for each other for good.
    """
    from django.db import connection

    start = Barrier(len(calls))
    outcomes: list[Outcome] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout)
            outcomes[place] = call()
        except Exception as error:  # noqa: BLE001  (the outcome is the exception)
            outcomes[place] = error
        finally:
            connection.close()

    running = [Thread(target=run, args=(place, call), daemon=True) for place, call in enumerate(calls)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(timeout)
    if stuck := [place for place, thread in enumerate(running) if thread.is_alive()]:
        pytest.fail(f"these did not end within {timeout:g} s: {stuck}")
    return outcomes


@pytest.fixture
def threads() -> Callable[..., list[Outcome]]:
    """``threads(call, call, ...)``: see :func:`run_together`. The test needs ``django_db(transaction=True)``."""
    return run_together


# -- private servers ----------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def _or_skip() -> Iterator[None]:
    try:
        yield
    except services.Missing as missing:
        # Required: an error, not a skip, so that the reason stands where one looks first.
        if services.required():
            pytest.fail(f"required here: {missing}")
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a Redis of this run alone."""
    with contextlib.ExitStack() as stack:
        with _or_skip():
            url = stack.enter_context(services.redis())
        yield url


@pytest.fixture
def redis_cache(redis_url: str, settings: Any) -> Iterator[Any]:
    """Django's default cache on that Redis, empty."""
    from django.core.cache import cache

    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis_url}}
    cache.clear()
    yield cache
    cache.clear()


# -- the browser --------------------------------------------------------------------------------------------------------
#: How long a page may take for anything it is asked for. It says when a page hangs, not how fast it is: on a machine that is
#: busy with ten other things a click takes seconds. How fast pages are is measured by ``bench/``.
PATIENCE_MS = 90_000


#: A person presses what she sees, long after a page has come; a test is fast enough to press before its script is there, and
#: nothing follows. So nothing has a size before a page is loaded, scripts and all: whatever clicks, types or waits for a
#: sight waits for that. (Hidden, nothing could be given the focus.)
OF_NO_SIZE_UNTIL_LOADED = """(() => {
    if (window !== window.top || document.readyState === "complete") return;
    const shrink = () => document.documentElement.style.setProperty("scale", "0");
    if (document.documentElement) shrink();
    else new MutationObserver((_all, watch) => {
        if (document.documentElement) { watch.disconnect(); shrink(); }
    }).observe(document, { childList: true });
    addEventListener("load", () => document.documentElement.removeAttribute("style"));
})();"""


class Patient:
    """Chromium, whose pages wait for as long as a busy machine needs."""

    def __init__(self, chromium: Any) -> None:
        self.chromium = chromium

    def new_context(self, **options: Any) -> Any:
        """Somebody's own browser."""
        context = self.chromium.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(OF_NO_SIZE_UNTIL_LOADED)
        return context

    def new_page(self, **options: Any) -> Any:
        """A page in a browser of its own."""
        return self.new_context(**options).new_page()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.chromium, name)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium (Playwright); close the contexts you open. Run these with ``make test``, or ``-m browser``."""
    with _or_skip():
        path = services.chromium()
    from playwright.sync_api import sync_playwright

    # Root and containers allow neither of the first two; a graphics card that is imitated costs and shows nothing more.
    flags: Sequence[str] = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(flags))
        yield Patient(chromium)
        chromium.close()
